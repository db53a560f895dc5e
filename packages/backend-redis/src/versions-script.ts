import { Script } from "./script.ts";

/**
 * Reads the clock of a scope and some of its labels, and invalidates the labels if it is told to, in one atomic step.
 *
 * KEYS: the clock, then the labels, all in one slot. A label's key is the clock's with `label:` in place of `clock`, so
 * that its name begins two characters after where the clock's key ends.
 * ARGV: a name for a new epoch; how long labels are kept, in milliseconds, 0 for ever; an epoch and a seq that the clock
 * must not be below in that epoch; `hard`, `soft`, or nothing for a reading.
 * Answer: the clock, then the labels, in the forms `epoch:seq` and `epoch:hard:soft`.
 *
 * - Without a clock, or with one that was set back, a new epoch begins: what was stored before is void.
 * - After `epoch:seq` the clock tells the last invalidations, a line each: `seq`, `h` or `s`, a list of labels in JSON. Who
 *   has seen an earlier mark learns from them what has changed. What does not fit into 2 kB is left out, the oldest first.
 * - Each invalidation is published on the channel that has the name of the clock's key: `epoch:seq` and its line.
 * - A label without a record of this epoch gets one, stamped with the mark as it was before this call: from here on it
 *   is known that nothing older can be trusted. Stamps that the clock has not reached yet are none.
 * - Where there is no room for that, a reading goes on without: who meets the label later trusts even less.
 * - Numbers have at most 15 digits, which Lua's numbers hold exactly. What looks different is not ours and is replaced.
 */
export const versionsScript = new Script(`
local function read(key)
  local value = redis.pcall('GET', key)
  return type(value) == 'string' and value or ''
end
local function number(digits)
  return digits and #digits <= 15 and tonumber(digits) or nil
end
local record = read(KEYS[1])
local head, log = string.match(record, '^([^\\n]*)\\n(.*)$')
local epoch, seq = string.match(head or record, '^([%w%-]+):(%d+)$')
seq = number(seq)
local known = seq and not (epoch == ARGV[3] and seq < tonumber(ARGV[4]))
if not known then
  epoch, seq, log = ARGV[1], 0, nil
end
local before = seq
local kind = ARGV[5]
local line
if kind ~= '' then
  seq = seq + 1
  local labels = {}
  for i = 2, #KEYS do
    labels[i - 1] = string.sub(KEYS[i], #KEYS[1] + 2)
  end
  line = string.format('%.0f%s%s', seq, string.sub(kind, 1, 1), cjson.encode(labels))
  log = log and log .. '\\n' .. line or line
  while log and #log > 2048 do
    log = string.match(log, '^[^\\n]*\\n(.*)$')
  end
end
local clock = string.format('%s:%.0f', epoch, seq)
local answer = { log and clock .. '\\n' .. log or clock }
if line or not known then
  redis.call('SET', KEYS[1], answer[1])
end
for i = 2, #KEYS do
  local owner, hard, soft = string.match(read(KEYS[i]), '^([%w%-]+):(%d+):(%d+)$')
  hard, soft = number(hard), number(soft)
  local recorded = owner == epoch and hard and soft and hard <= seq and soft <= seq
  if not recorded then
    hard, soft = before, before
  end
  if kind == 'hard' then
    hard = seq
  elseif kind == 'soft' then
    soft = seq
  end
  answer[i] = string.format('%s:%.0f:%.0f', epoch, hard, soft)
  if kind ~= '' or not recorded then
    local kept
    if ARGV[2] == '0' then
      kept = redis.pcall('SET', KEYS[i], answer[i])
    else
      kept = redis.pcall('SET', KEYS[i], answer[i], 'PX', ARGV[2])
    end
    if kept.err and (kind ~= '' or not string.find(kept.err, 'OOM', 1, true)) then
      return kept
    end
  elseif ARGV[2] ~= '0' then
    redis.call('PEXPIRE', KEYS[i], ARGV[2])
  end
end
if line then
  redis.call('PUBLISH', KEYS[1], clock .. '\\n' .. line)
end
return answer
`);
