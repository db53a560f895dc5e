import { Script } from "./script.ts";

// KEYS of all of them: an entry, and its lease, in one slot. A lease is a string that names its owner.

/**
 * Takes the lease. ARGV: owner, milliseconds, 1 to take it from whoever has it.
 * Answer: 1 and what is stored; nothing is stored as an empty string. Or 0, if somebody else has it.
 */
export const acquireScript = new Script(`
if ARGV[3] == '1' then
  redis.call('SET', KEYS[2], ARGV[1], 'PX', ARGV[2])
elseif not redis.call('SET', KEYS[2], ARGV[1], 'PX', ARGV[2], 'NX') then
  return { 0 }
end
local value = redis.pcall('GET', KEYS[1])
return { 1, type(value) == 'string' and value or '' }
`);

/** ARGV: owner, milliseconds. Answer: 1 if the lease was the owner's and lasts for so long from now. */
export const extendScript = new Script(`
if redis.call('GET', KEYS[2]) ~= ARGV[1] then
  return 0
end
return redis.call('PEXPIRE', KEYS[2], ARGV[2])
`);

/** ARGV: owner. Answer: 1 if the lease was the owner's. */
export const releaseScript = new Script(`
if redis.call('GET', KEYS[2]) ~= ARGV[1] then
  return 0
end
return redis.call('UNLINK', KEYS[2])
`);

/**
 * Stores an entry, if the lease is still the owner's. ARGV: owner, entry, expiry in milliseconds since 1970 or nothing,
 * 1 to keep the lease, channel as of `putScript` or nothing, key as of `putScript`. Answer: 1 if it was.
 */
export const fillScript = new Script(`
if redis.call('GET', KEYS[2]) ~= ARGV[1] then
  return 0
end
if ARGV[3] == '' then
  redis.call('SET', KEYS[1], ARGV[2])
else
  redis.call('SET', KEYS[1], ARGV[2], 'PXAT', ARGV[3])
end
if ARGV[4] ~= '1' then
  redis.call('UNLINK', KEYS[2])
end
if ARGV[5] ~= '' then
  redis.call('PUBLISH', ARGV[5], ARGV[6])
end
return 1
`);

/**
 * Stores an entry and ends the lease. ARGV: entry, expiry in milliseconds since 1970 or nothing, the channel on which
 * changes are told, the entry's key as it is there.
 */
export const putScript = new Script(`
if ARGV[2] == '' then
  redis.call('SET', KEYS[1], ARGV[1])
else
  redis.call('SET', KEYS[1], ARGV[1], 'PXAT', ARGV[2])
end
redis.call('UNLINK', KEYS[2])
redis.call('PUBLISH', ARGV[3], ARGV[4])
return 1
`);

/** Removes an entry and ends the lease. ARGV: channel and key as of `putScript`. Answer: how many entries there were. */
export const removeScript = new Script(`
local removed = redis.call('UNLINK', KEYS[1])
redis.call('UNLINK', KEYS[2])
redis.call('PUBLISH', ARGV[1], ARGV[2])
return removed
`);
