--[[
Which server keeps a run, and since when: another answer means that it was restarted or failed over, and may have forgotten the last of what it
had confirmed.

KEYS[1] rows
]]
return string.match(redis.call('INFO', 'server'), 'run_id:(%x+)') .. '-' .. string.match(redis.call('INFO', 'replication'), 'master_replid:(%x+)')
