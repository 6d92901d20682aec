--[[
Takes VMs of one host for a run: all of them, or none.

KEYS[1] marker of the run on this host  KEYS[2..] one key a VM, holding the run's name
ARGV[1] run  ARGV[2] how long (ms), 0 = until released  ARGV[3] '1' = take what is free, whatever others hold

Returns the holder per VM after the call ('' = nobody).
]]
local holders = {}
local free = true
for i = 2, #KEYS do
  local holder = redis.call('GET', KEYS[i]) or ''
  holders[i - 1] = holder
  if holder ~= '' and holder ~= ARGV[1] then free = false end
end
if not free and ARGV[3] ~= '1' then return holders end
local function take(key)
  if ARGV[2] == '0' then redis.call('SET', key, ARGV[1]) else redis.call('SET', key, ARGV[1], 'PX', ARGV[2]) end
end
for i = 2, #KEYS do
  if holders[i - 1] == '' or holders[i - 1] == ARGV[1] then
    take(KEYS[i])
    holders[i - 1] = ARGV[1]
  end
end
take(KEYS[1])
return holders
