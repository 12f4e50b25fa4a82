/**
 * Counts one request of a budget if all its windows have room for it; the same rule as `mayTake`, over slots as
 * `RequestCount` has them. A field of the hash is `window:slot:purpose`.
 *
 * KEYS: counts, hold. ARGV: purpose; reserved parts by purpose (JSON); windows `{requests, slotMs, keptMs}` (JSON).
 * Returns 0, or the milliseconds for which there will be no room.
 */
export const TAKE_SCRIPT = `
local held = redis.call('PTTL', KEYS[2])
if held > 0 then return held end

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local purpose = ARGV[1]
local reserved = cjson.decode(ARGV[2])
local windows = cjson.decode(ARGV[3])

local used, slots = {}, {}
for w = 1, #windows do
  used[w] = {}
  slots[w] = {}
end

local fields = redis.call('HGETALL', KEYS[1])
for i = 1, #fields, 2 do
  local w, slot, by = string.match(fields[i], '^(%d+):(%d+):(%a+)$')
  w = tonumber(w)
  local window = windows[w]
  local gone = window and (tonumber(slot) + 1) * window.slotMs + window.keptMs
  if not gone or gone <= now then
    redis.call('HDEL', KEYS[1], fields[i])
  else
    local n = tonumber(fields[i + 1])
    used[w][by] = (used[w][by] or 0) + n
    table.insert(slots[w], { gone = gone, n = n })
  end
end

local wait, longest = 0, 0
for w = 1, #windows do
  local window = windows[w]
  local taken, kept = 0, 0
  for _, n in pairs(used[w]) do taken = taken + n end
  for by, part in pairs(reserved) do
    if by ~= purpose then
      kept = kept + math.max(0, math.floor(part * window.requests) - (used[w][by] or 0))
    end
  end
  local missing = taken + kept + 1 - window.requests
  if missing > 0 then
    table.sort(slots[w], function(a, b) return a.gone < b.gone end)
    local freed, at = 0, now + window.slotMs + window.keptMs
    for _, slot in ipairs(slots[w]) do
      freed = freed + slot.n
      if freed >= missing then
        at = slot.gone
        break
      end
    end
    wait = math.max(wait, at - now)
  end
  longest = math.max(longest, window.slotMs + window.keptMs)
end
if wait > 0 then return math.ceil(wait) end

for w = 1, #windows do
  redis.call('HINCRBY', KEYS[1], w .. ':' .. string.format('%.0f', math.floor(now / windows[w].slotMs)) .. ':' .. purpose, 1)
end
redis.call('PEXPIRE', KEYS[1], math.ceil(longest))
return 0
`;
