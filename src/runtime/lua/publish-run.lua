--[[
Makes a run exist for everybody, for good: the moment it is created.

KEYS[1] run  [2] inputs  [3] rows  [4] set of pending members  [5] journal  [6] epoch  [7..] ready lists of lanes
ARGV[1] creation  ARGV[2] now (ms)  ARGV[3] number of members  ARGV[4] row of '@run'  ARGV[5] its state  ARGV[6] data of the journal entry

Returns 1 (it exists), 0 (what was written has gone away meanwhile).
]]
if redis.call('HGET', KEYS[1], 'creation') ~= ARGV[1] then return 0 end
-- Sent again because the answer was lost.
if redis.call('HEXISTS', KEYS[1], 'creating') == 0 then return 1 end
if redis.call('HLEN', KEYS[2]) ~= tonumber(ARGV[3]) or redis.call('HLEN', KEYS[3]) ~= tonumber(ARGV[3]) then return 0 end
redis.call('HSET', KEYS[3], '@run', '1|' .. ARGV[4])
redis.call('XADD', KEYS[5], '*', 'm', '@run', 'at', ARGV[2], 'e', 'run.created', 'f', '', 't', ARGV[5], 'r', '1', 'd', ARGV[6])
-- Nothing has been forgotten of a run that did not exist: it begins calm, see commit.lua.
redis.call('SET', KEYS[6], epoch_of_server() .. '|0')
redis.call('HDEL', KEYS[1], 'creating')
for _, key in ipairs(KEYS) do redis.call('PERSIST', key) end
return 1
