// What strangers may make a tracker keep, compute and send. Memory is bounded by the first of them: 1,300 bytes an entry at the worst.

/** Addresses in all, of one swarm, and of one host (IPv6: 64-bit subnet) in all swarms and in one; loopback has no bound of a host. */
export const MAX_ENTRIES = 100_000
export const MAX_ENTRIES_PER_SWARM = 500
export const MAX_ENTRIES_PER_HOST = 2_000
export const MAX_ENTRIES_PER_HOST_AND_SWARM = 8
/** When a client announces again, and how early it may; an entry is forgotten when it did not. */
export const INTERVAL_SECONDS = 1_800
export const MIN_INTERVAL_SECONDS = 60
export const FORGOTTEN_MS = 2_700_000
/** Addresses in one answer: with 18 bytes each, one datagram that no router cuts (BEP 15). */
export const DEFAULT_ADDRESSES = 50
export const MAX_ADDRESSES = 74
/** Infohashes in one scrape: as many as fit a datagram (BEP 15). */
export const MAX_SCRAPED = 74
/** What one host may ask for: per second, and at once. */
export const REQUESTS_PER_SECOND = 50
export const REQUESTS_BURST = 4_000
/** Hosts whose requests are counted. */
export const MAX_COUNTED_HOSTS = 20_000
/** HTTP connections at once, and of one host when few are left. Each has 5 s for its request and its answer. */
export const MAX_CONNECTIONS = 512
export const MAX_CONNECTIONS_PER_HOST = 32
export const MAX_HEADER_BYTES = 16_384
/** Swarms in one page, or in one answer of `/stats.json`. */
export const MAX_LISTED = 1_000
/** How old what a page shows may be. */
export const SNAPSHOT_MS = 5_000
/** Questions to the node about new infohashes: per second, at once, what each costs its host in requests, and how many may wait; of a no, how long and of how many it is remembered. */
export const QUESTIONS_PER_SECOND = 100
export const QUESTIONS_BURST = 500
export const QUESTION_COST = 20
export const MAX_OPEN_QUESTIONS = 64
export const REFUSED_MS = 10_000
export const MAX_REFUSED = 20_000
