--[[
Claims calls: the last word before a call that is not idempotent leaves this process.

KEYS[1] calls
ARGV[1] worker  ARGV[2] now (ms)  then per call: instance, token

Returns per call:
  'yes'      nobody else has, and nobody else will: make the call
  'dead'     the token is not live any more: do nothing
  'doubt'    the intent was recorded before Redis was restarted or failed over: an earlier claim may have been forgotten
  otherwise  '<worker>|<time>' of the one who claimed it before
]]
local epoch = epoch_of_server()
local result = {}
for i = 3, #ARGV, 2 do
  local id, token = ARGV[i], ARGV[i + 1]
  local stored = redis.call('HGET', KEYS[1], id) or ''
  local recorded, since, holder = string.match(stored, '^([^|]*)|([^|]*)|?(.*)$')
  if recorded ~= token then
    result[#result + 1] = 'dead'
  elseif holder ~= '' then
    result[#result + 1] = holder
  elseif since ~= epoch then
    result[#result + 1] = 'doubt'
  else
    redis.call('HSET', KEYS[1], id, token .. '|' .. epoch .. '|' .. ARGV[1] .. '|' .. ARGV[2])
    result[#result + 1] = 'yes'
  end
end
return result
