--[[
Takes or renews a lease.

KEYS[1] lease   ARGV[1] holder  ARGV[2] duration (ms)  ARGV[3] a holder known to be dead ('' = none), whose lease may be taken over

Returns the holder after the call.
]]
local holder = redis.call('GET', KEYS[1])
if holder == false or holder == ARGV[1] or holder == ARGV[3] then
  redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
  return ARGV[1]
end
return holder
