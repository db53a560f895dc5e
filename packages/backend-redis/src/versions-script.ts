import { Script } from "./script.ts";

/**
 * Reads the clock of a scope and some of its labels, and invalidates the labels if it is told to, in one atomic step.
 *
 * KEYS: the clock, then the labels, all in one slot.
 * ARGV: a name for a new epoch; how long labels are kept, in milliseconds, 0 for ever; an epoch and a seq that the clock
 * must not be below in that epoch; `hard`, `soft`, or nothing for a reading.
 * Answer: the clock, then the labels, in the forms `epoch:seq` and `epoch:hard:soft`.
 *
 * - Without a clock, or with one that was set back, a new epoch begins: what was stored before is void.
 * - A label without a record of this epoch gets one, stamped with the mark as it was before this call: from here on it
 *   is known that nothing older can be trusted. Stamps that the clock has not reached yet are none.
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

local epoch, seq = string.match(read(KEYS[1]), '^([%w%-]+):(%d+)$')
seq = number(seq)
local known = seq and not (epoch == ARGV[3] and seq < tonumber(ARGV[4]))
if not known then
  epoch, seq = ARGV[1], 0
end

local before = seq
local kind = ARGV[5]
if kind ~= '' then
  seq = seq + 1
end
local clock = string.format('%s:%.0f', epoch, seq)
if kind ~= '' or not known then
  redis.call('SET', KEYS[1], clock)
end

local answer = { clock }
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
  if ARGV[2] == '0' then
    if kind ~= '' or not recorded then
      redis.call('SET', KEYS[i], answer[i])
    end
  elseif kind ~= '' or not recorded then
    redis.call('SET', KEYS[i], answer[i], 'PX', ARGV[2])
  else
    redis.call('PEXPIRE', KEYS[i], ARGV[2])
  end
end
return answer
`);
