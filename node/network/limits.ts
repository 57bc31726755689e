// Every bound on what a peer may make this node hold, send or do. docs/network.md says what each is for.

/** Bytes of one `torrenttx` message, fitting one wire message. */
export const MAX_MESSAGE_BYTES = 122_880
/** Infohashes in `have`, and in an answer that lists them. */
export const MAX_INFOHASHES = 5_000
/** Files in one answer: 100 of 1,024 bytes and their lengths fit one message. */
export const MAX_FILES = 100
/** An answer to `count`: 256 buckets of a count and a sum. */
export const COUNTS_BYTES = 256 * 20
/** Symbols of a sketch. Up to here the arithmetic of their mapping is exact in 53 bits. */
export const SYMBOLS = 1_024
/** Of a symbol: infohash (20) and check (4). */
export const SYMBOL_BYTES = 24
/** Sealed headers in `blocks`. */
export const MAX_HEADERS = 128
/** Of a block with its rows: all of it, and one part. Six blobs are 786,432 bytes, and each of 3,500 rows may call a forced transaction void, of 1 kB at most. */
export const MAX_PAST_BYTES = 8_388_608
export const MAX_PART_BYTES = 100_000
/** How long a question may wait for its answer. */
export const ANSWER_TIMEOUT_MS = 20_000
/** Received messages of one peer that wait to be handled, and their bytes. */
export const MAX_QUEUED_MESSAGES = 256
export const MAX_QUEUED_BYTES = 2_097_152
/** Of them announcements, which are forgotten beyond it: all that one peer may have wanted of it, three times. */
export const MAX_ANNOUNCED_BYTES = 614_400
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
/** Announcements of what is known here: per second, and at once. Beyond it the peer waits. Of each new transaction every peer may tell once. */
export const KNOWN_PER_SECOND = 2_000
export const KNOWN_BURST = 20_000
/** Of one processor, what all peers together may have for what they send unasked; and for the files that they were asked for. */
export const UNASKED_SHARE = 0.5
export const FILES_SHARE = 0.9
/** How long an asked peer may take before another announcer is asked too, and for each file that it owes; then another as many announcers each time. */
export const PATIENCE_MS = 1_000
export const PATIENCE_PER_FILE_MS = 10
export const ASK_MORE_MS = 250
/** How long announcements of a peer wait for those of a better one: of one that never delivered, and of one that failed of late. */
export const NEWCOMER_WAIT_MS = 100
export const FAILED_WAIT_MS = 1_000
/** A peer whose faults add up to this is banned: its id for this long, its host for less, twice as long each time. Faults fade. */
export const BAN_FAULTS = 100
export const BAN_MS = 600_000
export const HOST_BAN_MS = 60_000
export const MAX_HOST_BAN_MS = 3_600_000
/** Hosts of one IPv6 site that were banned lately, the last of which has all of the site banned. */
export const HOSTS_BEFORE_SITE_BAN = 8
/** How long after its end a ban of a host makes the next one longer. */
export const HOST_BAN_FORGOTTEN_MS = 3_600_000
export const FAULTS_FADE_PER_SECOND = 0.2
export const MAX_BANS = 10_000
/** A connection that came in has this long for the handshakes. */
export const HANDSHAKE_MS = 5_000
/** Connections to nodes that were found by DHT, trackers, peer exchange or introductions; and of these in one public range of addresses. */
export const MAX_FOUND = 16
export const MAX_FOUND_PER_RANGE = 2
/** Nodes that are dialled first after a restart. */
export const MAX_ANCHORS = 4
/** Blocks that are fetched at once, and headers that wait for it. */
export const MAX_BLOCK_FETCHES = 3
export const MAX_WAITING_BLOCKS = 256
