-- Stands before every script.
-- Which server this is: its run id changes when it is started, its replication id when it becomes the primary.
local function epoch_of_server()
  return string.match(redis.call('INFO', 'server'), 'run_id:(%x+)') .. '-' .. string.match(redis.call('INFO', 'replication'), 'master_replid:(%x+)')
end

