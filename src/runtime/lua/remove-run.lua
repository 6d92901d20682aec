--[[
Removes everything of a run that has ended and has been archived: all of it, or nothing where it is not the run that was read any more.

KEYS[1] run  [2] rows  [3] journal  [4..7] sets of the members that have not ended  [8..] every other key of the run, those of its queues too
ARGV[1] creation  ARGV[2] revision of '@run'  ARGV[3] number of rows  ARGV[4] number of journal entries  ARGV[5] position of the last one
ARGV[6..] beginning of the keys of each BullMQ queue of the run

Returns 1 (nothing is left), 0 (something has happened since: nothing was touched), 2 (it is gone, and another run may have its name: nothing
was touched).
]]
if redis.call('EXISTS', KEYS[1]) == 0 then return 2 end
if (redis.call('HGET', KEYS[1], 'creation') or '') ~= ARGV[1] then return 2 end
if string.match(redis.call('HGET', KEYS[2], '@run') or '', '^%d+') ~= ARGV[2] then return 0 end
if redis.call('HLEN', KEYS[2]) ~= tonumber(ARGV[3]) or redis.call('XLEN', KEYS[3]) ~= tonumber(ARGV[4]) then return 0 end
local last = redis.call('XREVRANGE', KEYS[3], '+', '-', 'COUNT', 1)[1]
if (last and last[1] or '') ~= ARGV[5] then return 0 end
for i = 4, 7 do
  if redis.call('SCARD', KEYS[i]) > 0 then return 0 end
end

-- Timers that were queued and never rang, calls whose job was stuck with a worker that died: nobody serves the queue of a run that has ended.
local function removeJobs(queue, ids)
  for _, id in ipairs(ids) do
    redis.call('UNLINK', queue .. id, queue .. id .. ':lock', queue .. id .. ':logs')
  end
end
for i = 6, #ARGV do
  local queue = ARGV[i]
  for _, list in ipairs({ 'wait', 'active', 'paused' }) do removeJobs(queue, redis.call('LRANGE', queue .. list, 0, -1)) end
  for _, set in ipairs({ 'delayed', 'prioritized', 'completed', 'failed' }) do removeJobs(queue, redis.call('ZRANGE', queue .. set, 0, -1)) end
end
for _, key in ipairs(KEYS) do redis.call('UNLINK', key) end
return 1
