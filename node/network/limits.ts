// Every bound on what a peer may make this node hold, send or do. docs/network.md says what each is for.

/** Bytes of one `torrenttx` message, fitting one wire message. */
export const MAX_MESSAGE_BYTES = 122_880
/** Infohashes in `have`, and in an answer that lists them. */
export const MAX_INFOHASHES = 5_000
/** Files in one answer: 100 of 1,024 bytes and their lengths fit one message. */
export const MAX_FILES = 100
/** Sealed headers in `blocks`. */
export const MAX_HEADERS = 128
/** How long a question may wait for its answer. */
export const ANSWER_TIMEOUT_MS = 20_000
/** Received messages of one peer that wait to be handled, and their bytes. */
export const MAX_QUEUED_MESSAGES = 256
export const MAX_QUEUED_BYTES = 2_097_152
/** Bytes that a peer may send without being asked: per second, and at once. */
export const UNASKED_BYTES_PER_SECOND = 262_144
export const UNASKED_BYTES_BURST = 4_194_304
/** What a peer's questions may cost, in files read: per second, and at once. Beyond it the peer waits. */
export const SERVED_PER_SECOND = 20_000
export const SERVED_BURST = 20_000
/** Wanted infohashes: of one peer, and of all. */
export const MAX_WANTED_PER_PEER = 10_000
export const MAX_WANTED = 100_000
/** Wanted ancestors of what waits here: of one peer, beyond the bound above. */
export const MAX_ANCESTORS_PER_PEER = 2_000
/** Infohashes that a peer is remembered to have, so that nothing is announced back. */
export const MAX_REMEMBERED = 5_000
/** A peer whose faults add up to this is banned, for this long. Faults fade. */
export const BAN_FAULTS = 100
export const BAN_MS = 600_000
export const FAULTS_FADE_PER_SECOND = 0.2
export const MAX_BANS = 10_000
/** Blocks that are fetched at once, and headers that wait for it. */
export const MAX_BLOCK_FETCHES = 3
export const MAX_WAITING_BLOCKS = 256
