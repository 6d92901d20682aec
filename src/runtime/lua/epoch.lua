--[[
Which server keeps a run, and since when: another answer means that it was restarted or failed over, and may have forgotten the last of what it
had confirmed.

KEYS[1] rows
]]
return epoch_of_server()
