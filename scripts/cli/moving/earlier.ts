// Words for what an earlier command did and could not say. Apart from what sends: commands of the TTX side load nothing of Ethereum.

/** What to tell a user where an earlier command had done it, and how it is done once more. */
export function earlierRows(isEarlier: boolean, once: string, again: string): readonly [string, string][] {
  if (!isEarlier) return []
  return [['careful', `an earlier command sent this and was cut off before it said so: ${once}; ${again}`]]
}
