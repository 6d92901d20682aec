--[[
Commits a batch of transitions of one run. Each is a compare-and-set of its own: one that lost a race changes nothing.

KEYS[1] rows  [2] journal  [3] outbox  [4] calls  [5] due  [6] tally  [7..14] status sets in the order of MEMBER_STATUSES
KEYS[15] epoch
KEYS[16..] ready lists of the lanes the batch is about

ARGV[1] now (ms)   ARGV[2] number of outbox entries that have been handed over, followed by them
then per transition:
  instance, expected revision, row, due (ms, '' = never), status before and after (1..8, 0 = none), index of its ready list (0 = none),
  limit of members in status 2 (0 = none), revision of '@run' that must still stand ('' = any), call token ('' = leave, '-' = remove), calm (ms), outbox entry ('' = none),
  n counters, (counter, increment) × n, m journal fields, (field, value) × m

Returns per transition 1 (committed), 0 (revision differs), 2 (over the limit, or '@run' has moved), 3 (the run is not there), then the sizes of the eight status sets.

A call token is stored with this server's epoch: its run id, which changes when it is started, and its replication id, which changes when it
becomes the primary. A claim that finds another one knows that Redis was restarted or failed over (and perhaps back) since the intent was
recorded, and may have forgotten a claim. It may also have forgotten that the call was intended at all, while the request is still on its way:
so a call that is intended within `calm` of the change is stored with an epoch no server has, and is in doubt whoever claims it.
]]
local now = ARGV[1]
local at = 2
local handed = tonumber(ARGV[at])
at = at + 1
for _ = 1, handed do
  redis.call('SREM', KEYS[3], ARGV[at])
  at = at + 1
end

local epoch
local since
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

local function commit()
  local id, expected, row, due = ARGV[at], ARGV[at + 1], ARGV[at + 2], ARGV[at + 3]
  local before, after, ready, limit = tonumber(ARGV[at + 4]), tonumber(ARGV[at + 5]), tonumber(ARGV[at + 6]), tonumber(ARGV[at + 7])
  local run, token, calm, outbox = ARGV[at + 8], ARGV[at + 9], ARGV[at + 10], ARGV[at + 11]
  local counters = tonumber(ARGV[at + 12])
  local first = at + 13
  local fields = tonumber(ARGV[first + 2 * counters])
  local field = first + 2 * counters + 1
  at = field + 2 * fields

  local stored = revision(id)
  if stored == nil then
    if expected ~= '0' then return 3 end
  elseif stored ~= expected then
    return 0
  end
  if run ~= '' and revision('@run') ~= run then return 2 end
  if limit > 0 and redis.call('SCARD', KEYS[8]) >= limit then return 2 end

  redis.call('HSET', KEYS[1], id, string.format('%d', tonumber(expected) + 1) .. '|' .. row)
  if before ~= after then
    if before > 0 then redis.call('SREM', KEYS[6 + before], id) end
    if after > 0 then redis.call('SADD', KEYS[6 + after], id) end
    if ready > 0 and before == 1 then redis.call('ZREM', KEYS[15 + ready], id) end
    if ready > 0 and after == 1 then redis.call('ZADD', KEYS[15 + ready], string.sub(id, 2), id) end
  end
  if due == '' then redis.call('ZREM', KEYS[5], id) else redis.call('ZADD', KEYS[5], due, id) end
  if token == '-' then
    redis.call('HDEL', KEYS[4], id)
  elseif token ~= '' then
    redis.call('HSET', KEYS[4], id, token .. '|' .. epochFor(calm))
  end
  if outbox ~= '' then redis.call('SADD', KEYS[3], outbox) end
  for i = 0, counters - 1 do redis.call('HINCRBY', KEYS[6], ARGV[first + 2 * i], ARGV[first + 2 * i + 1]) end
  if fields > 0 then redis.call('XADD', KEYS[2], '*', 'm', id, 'at', now, unpack(ARGV, field, field + 2 * fields - 1)) end
  return 1
end

while at <= #ARGV do result[#result + 1] = commit() end
for i = 7, 14 do result[#result + 1] = redis.call('SCARD', KEYS[i]) end
return result
