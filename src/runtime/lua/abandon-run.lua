--[[
Removes what was written of a run that is still being created.

KEYS[1] run  [2..] everything create-run.lua writes
ARGV[1] creation

Returns 1 (nothing is left), 0 (the run exists, or belongs to somebody else: nothing was touched).
]]
local creation = redis.call('HGET', KEYS[1], 'creation')
if creation == false then return 1 end
if creation ~= ARGV[1] or redis.call('HEXISTS', KEYS[1], 'creating') == 0 then return 0 end
redis.call('DEL', unpack(KEYS))
return 1
