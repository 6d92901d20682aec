--[[
Gives VMs of one host back, as far as the run holds them, and then its marker: one that is there means that nothing was given back.

KEYS[1] marker of the run on this host  KEYS[2..] one key a VM
ARGV[1] run
]]
for i = 2, #KEYS do
  if redis.call('GET', KEYS[i]) == ARGV[1] then redis.call('DEL', KEYS[i]) end
end
redis.call('DEL', KEYS[1])
return 1
