--[[
Writes a part of a run that is being created. Everything goes away by itself unless publish-run.lua follows in time.

KEYS[1] run  [2] inputs  [3] rows  [4] set of pending members  [5..] ready lists of lanes
ARGV[1] creation  ARGV[2] lifetime (ms)  ARGV[3] record  then per member: instance, input, row, index of its ready list

Returns 1 (written), 0 (there is a run of that name), 2 (somebody else is creating one of that name).
]]
local creation = redis.call('HGET', KEYS[1], 'creation')
if creation ~= ARGV[1] then
  if redis.call('HEXISTS', KEYS[1], 'creating') == 1 then return 2 end
  if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
  if #ARGV > 3 then return 0 end
  redis.call('HSET', KEYS[1], 'record', ARGV[3], 'creation', ARGV[1], 'creating', '1')
end
for i = 4, #ARGV, 4 do
  local id = ARGV[i]
  redis.call('HSET', KEYS[2], id, ARGV[i + 1])
  redis.call('HSET', KEYS[3], id, '1|' .. ARGV[i + 2])
  redis.call('SADD', KEYS[4], id)
  redis.call('ZADD', KEYS[4 + ARGV[i + 3]], string.sub(id, 2), id)
end
for _, key in ipairs(KEYS) do redis.call('PEXPIRE', key, ARGV[2]) end
return 1
