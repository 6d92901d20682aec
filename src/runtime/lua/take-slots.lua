--[[
Takes slots of a host for members, in the given order, as far as the limit goes. A slot that is held already is not
granted again: whoever holds it is at work on that member.

KEYS[1] slots
ARGV[1] limit  ARGV[2] now (ms)  then the members

Returns 1 (granted) or 0 per member.
]]
local limit = tonumber(ARGV[1])
local taken = redis.call('HLEN', KEYS[1])
local result = {}
for i = 3, #ARGV do
  if redis.call('HEXISTS', KEYS[1], ARGV[i]) == 1 then
    result[#result + 1] = 0
  elseif taken < limit then
    redis.call('HSET', KEYS[1], ARGV[i], ARGV[2])
    taken = taken + 1
    result[#result + 1] = 1
  else
    result[#result + 1] = 0
  end
end
return result
