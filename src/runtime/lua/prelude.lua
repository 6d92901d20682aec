-- Stands before every script.
-- Which server this is: its run id changes when it is started, its replication id when it becomes the primary. Of each 64 bits.
local function epoch_of_server()
  local run, replication = redis.call('INFO', 'server'), redis.call('INFO', 'replication')
  return string.sub(string.match(run, 'run_id:(%x+)'), 1, 16) .. '-' .. string.sub(string.match(replication, 'master_replid:(%x+)'), 1, 16)
end
