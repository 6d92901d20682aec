--[[
Takes a run that was removed off the list of runs, unless another one has come to its name.

KEYS[1] list of runs
ARGV[1] run  ARGV[2] when it was created (ms)

Returns 1 (it is not on the list), 0 (another one is).
]]
local listed = redis.call('ZSCORE', KEYS[1], ARGV[1])
if listed and tonumber(listed) ~= tonumber(ARGV[2]) then return 0 end
redis.call('ZREM', KEYS[1], ARGV[1])
return 1
