--[[
Commits a batch of transitions of one run. Each is a compare-and-set of its own: one that lost a race changes nothing.

KEYS[1] rows  [2] journal  [3] outbox  [4] calls  [5] due  [6] tally  [7..14] status sets in the order of MEMBER_STATUSES
KEYS[15] epoch  [16] versions of what is watched
KEYS[17..] what is watched on each of the hosts the batch is about, then the ready lists of the lanes it is about

ARGV[1] now (ms)  [2] version of what is watched afterwards  [3] number of hosts, followed by their keys
then the number of outbox entries that have been handed over, followed by them
then per transition:
  instance, expected revision, row, due (ms, '' = never), status before and after (1..8, 0 = none), number of its ready list (0 = none),
  limit of members in status 2 (0 = none), revision of '@run' that must still stand ('' = any), call token ('' = leave, '-' = remove), calm (ms),
  outbox entry ('' = none), event for the journal ('' = none), states before and after, evidence,
  n counters, counter × n, m watches, (number of the host, token, '' = not watched any more) × m

Returns per transition 1 (committed), 0 (revision differs), 2 (over the limit, or '@run' has moved), 3 (the run is not there), then the sizes of
the eight status sets, then for each host the version before, or 0 where nothing was changed.

A call token is stored with this server's epoch: its run id, which changes when it is started, and its replication id, which changes when it
becomes the primary. A claim that finds another one knows that Redis was restarted or failed over (and perhaps back) since the intent was
recorded, and may have forgotten a claim. It may also have forgotten that the call was intended at all, while the request is still on its way:
so a call that is intended within `calm` of the change is stored with an epoch no server has, and is in doubt whoever claims it.
]]
local now, version = ARGV[1], ARGV[2]
local hosts = tonumber(ARGV[3])
local at = 4 + hosts
for _ = 1, tonumber(ARGV[at]) do
  at = at + 1
  redis.call('SREM', KEYS[3], ARGV[at])
end
at = at + 1

local epoch
local since
local before = {}
for host = 1, hosts do before[host] = 0 end
local result = {}

local function epochFor(calm)
  if not epoch then
    epoch = epoch_of_server()
    local known, changed = string.match(redis.call('GET', KEYS[15]) or '', '^([^|]*)|(%d+)$')
    since = changed
    if known ~= epoch then
      since = now
      redis.call('SET', KEYS[15], epoch .. '|' .. now)
    end
  end
  return tonumber(now) - tonumber(since) < tonumber(calm) and 'young' or epoch
end

local function revision(id)
  local stored = redis.call('HGET', KEYS[1], id)
  if stored == false then return nil end
  return string.sub(stored, 1, string.find(stored, '|', 1, true) - 1)
end

local function watch(host, id, token)
  if before[host] == 0 then before[host] = redis.call('HGET', KEYS[16], ARGV[3 + host]) or '' end
  if token == '' then redis.call('HDEL', KEYS[16 + host], id) else redis.call('HSET', KEYS[16 + host], id, token) end
end

local function commit()
  local id, expected, row, due, was, is, ready, limit, run, token, calm, outbox, event, from, to, evidence = unpack(ARGV, at, at + 15)
  local counters = at + 16
  local watches = counters + tonumber(ARGV[counters]) + 1
  at = watches + 2 * tonumber(ARGV[watches]) + 1

  local stored = revision(id)
  if stored == nil then
    if expected ~= '0' then return 3 end
  elseif stored ~= expected then
    return 0
  end
  if run ~= '' and revision('@run') ~= run then return 2 end
  if limit ~= '0' and redis.call('SCARD', KEYS[8]) >= tonumber(limit) then return 2 end

  local next = string.format('%d', tonumber(expected) + 1)
  redis.call('HSET', KEYS[1], id, next .. '|' .. row)
  if was ~= is then
    if was ~= '0' then redis.call('SREM', KEYS[6 + was], id) end
    if is ~= '0' then redis.call('SADD', KEYS[6 + is], id) end
    if ready ~= '0' and was == '1' then redis.call('ZREM', KEYS[16 + hosts + ready], id) end
    if ready ~= '0' and is == '1' then redis.call('ZADD', KEYS[16 + hosts + ready], string.sub(id, 2), id) end
  end
  if due == '' then redis.call('ZREM', KEYS[5], id) else redis.call('ZADD', KEYS[5], due, id) end
  if token == '-' then
    redis.call('HDEL', KEYS[4], id)
  elseif token ~= '' then
    redis.call('HSET', KEYS[4], id, token .. '|' .. epochFor(calm))
  end
  if outbox ~= '' then redis.call('SADD', KEYS[3], outbox) end
  for counter = counters + 1, watches - 1 do redis.call('HINCRBY', KEYS[6], ARGV[counter], 1) end
  for one = watches + 1, at - 1, 2 do watch(tonumber(ARGV[one]), id, ARGV[one + 1]) end
  if event ~= '' then redis.call('XADD', KEYS[2], '*', 'm', id, 'at', now, 'e', event, 'f', from, 't', to, 'r', next, 'd', evidence) end
  return 1
end

while at <= #ARGV do result[#result + 1] = commit() end
for i = 7, 14 do result[#result + 1] = redis.call('SCARD', KEYS[i]) end
for host = 1, hosts do
  if before[host] ~= 0 then redis.call('HSET', KEYS[16], ARGV[3 + host], version) end
  result[#result + 1] = before[host]
end
return result
