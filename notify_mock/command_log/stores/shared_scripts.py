"""What a shared store does in one step, inside Valkey or Redis: scripts in Lua.

Keys: the facts of the state (``id``, ``end``, ``mark`` and others), the stream, the servers, and their leases. The
stream's ids are ``<position>-0``. An entry has a mark: its server and the number of its batch there.
"""

BEGIN = """
if redis.call('EXISTS', KEYS[1]) == 0 then
  local time = redis.call('TIME')
  redis.call('HSET', KEYS[1], 'id', time[1] .. '.' .. time[2], 'options', ARGV[1], 'version', ARGV[2],
    'format', ARGV[3], 'end', 0, 'mark', '')
end
return redis.call('HMGET', KEYS[1], 'id', 'options', 'format')
"""
"""Begins a state with options, a version of notify-mock and a format, if there is none. Returns what is there."""

_NOW = """
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
"""

_CHECK = """
local facts = redis.call('HMGET', KEYS[1], 'id', 'end', 'mark', 'version', 'seen')
if facts[1] ~= ARGV[1] then return {'gone'} end
local last = tonumber(facts[2])
"""

_END_SERVER = """
local function end_server(name, by, at)
  redis.call('HDEL', KEYS[3], name)
  redis.call('ZREM', KEYS[4], name)
  last = last + 1
  local mark = by .. ':end' .. name
  redis.call('XADD', KEYS[2], string.format('%d-0', last), 'b', mark,
    'e', cjson.encode({tonumber(at), 'server.ended', name}))
  redis.call('HSET', KEYS[1], 'end', string.format('%d', last), 'mark', mark)
end
"""

JOIN = (
    _NOW
    + _CHECK
    + """
if facts[4] ~= ARGV[2] then
  if redis.call('ZCOUNT', KEYS[4], now, '+inf') > 0 then return {'version', facts[4]} end
  redis.call('HSET', KEYS[1], 'version', ARGV[2])
end
if ARGV[3] == '0' then return {'ok', ''} end
local name = redis.call('HINCRBY', KEYS[1], 'joined', 1)
redis.call('HSET', KEYS[3], name, '0 0')
redis.call('ZADD', KEYS[4], now + ARGV[3], name)
return {'ok', tostring(name)}
"""
)
"""Adds a server to state ARGV[1], of version ARGV[2], for ARGV[3] milliseconds (0: only looks). Returns its name."""

APPEND = (
    _CHECK
    + """
local after = tonumber(ARGV[4])
if after > last then return {'lost', facts[2]} end
local mark = facts[3]
if after < last then
  local found = redis.call('XRANGE', KEYS[2], ARGV[4] .. '-0', ARGV[4] .. '-0')[1]
  mark = found and found[2][2] or ARGV[5]
end
if ARGV[5] ~= '' and mark ~= ARGV[5] then return {'lost', facts[2]} end
local known = redis.call('HGET', KEYS[3], ARGV[2])
if not known then return {'ended'} end
local number, first = string.match(known, '(%d+) (%d+)')
local count, stop = #ARGV - 6, last
if count > 0 then
  if tonumber(number) > tonumber(ARGV[3]) then return {'late'} end
  if tonumber(number) == tonumber(ARGV[3]) then stop = tonumber(first) - 1 end
end
local others = {}
if stop > after then
  others = redis.call('XRANGE', KEYS[2], string.format('%d-0', after + 1), string.format('%d-0', stop))
  if #others < stop - after then return {'trimmed', tostring(after + 1)} end
end
if count > 0 and stop == last then
  local own = ARGV[2] .. ':' .. ARGV[3]
  for i = 1, count do
    if i == 1 and ARGV[6] ~= '' then
      redis.call('XADD', KEYS[2], string.format('%d-0', last + i), 'b', own, 'e', ARGV[6 + i], 'r', ARGV[6])
    else
      redis.call('XADD', KEYS[2], string.format('%d-0', last + i), 'b', own, 'e', ARGV[6 + i])
    end
  end
  redis.call('HSET', KEYS[1], 'end', string.format('%d', last + count), 'mark', own)
  redis.call('HSET', KEYS[3], ARGV[2], ARGV[3] .. ' ' .. string.format('%d', last + 1))
end
return {'ok', others}
"""
)
"""Appends batch ARGV[3] of server ARGV[2], unless it has been appended already.

ARGV[4] and ARGV[5] are the position and mark of the last entry that the server knows, ARGV[6] its results, and the rest
the entries. Returns the entries between the last known one and the batch.
"""

STAY = (
    _NOW
    + _CHECK
    + _END_SERVER
    + """
if tonumber(ARGV[4]) > last then return {'lost', facts[2]} end
if redis.call('HEXISTS', KEYS[3], ARGV[2]) == 0 then return {'ended'} end
local gap = now - tonumber(facts[5] or '0')
if gap < 0 or gap * 2 > tonumber(ARGV[3]) then
  for _, name in ipairs(redis.call('HKEYS', KEYS[3])) do
    redis.call('ZADD', KEYS[4], now + ARGV[3], name)
  end
end
redis.call('HSET', KEYS[1], 'seen', string.format('%d', now))
redis.call('ZADD', KEYS[4], now + ARGV[3], ARGV[2])
for _, name in ipairs(redis.call('ZRANGEBYSCORE', KEYS[4], '-inf', string.format('%d', now))) do
  end_server(name, ARGV[2], ARGV[5])
end
return {'ok'}
"""
)
"""Renews the lease of server ARGV[2], which knows position ARGV[4], for ARGV[3] milliseconds, and ends the servers
whose lease is over at time ARGV[5]. If nobody could renew a lease for a while, all are renewed."""

LEAVE = (
    _CHECK
    + _END_SERVER
    + """
if redis.call('HEXISTS', KEYS[3], ARGV[2]) == 1 then end_server(ARGV[2], ARGV[2], ARGV[3]) end
return {'ok'}
"""
)
"""Ends server ARGV[2] at time ARGV[3]."""

KEEP = (
    _CHECK
    + """
local kept = redis.call('HGET', KEYS[2], 'position')
if not kept or tonumber(kept) < tonumber(ARGV[2]) then
  redis.call('HSET', KEYS[2], 'position', ARGV[2], 'text', ARGV[3])
end
return {'ok'}
"""
)
"""Keeps a snapshot at position ARGV[2], unless there is a newer one."""
