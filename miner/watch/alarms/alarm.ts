// What a watcher tells a person who is not looking at it, and the form in which it does.

/** Each kind with what it means. docs/cli.md has the same table. */
export const ALARMS = {
  watching: 'The watcher has begun. It is sent so that you see that alarms arrive.',
  'wrong-block': 'A block on Ethereum is wrong, and alive. With `--defend` it is being killed.',
  killed:
    'A wrong block that was reported, or that this watcher killed, is dead: `by` says whether by us or by others.',
  'kill-failed':
    'A refutation did not go through, for the reason `code`. It is tried again; see whether the account has ETH.',
  'wrong-final': 'A wrong block is final, as somebody says: the bridge is dead, or the one who says so lies.',
  'right-refuted': 'The bridge refuted a block that our own replay finds right: one of the two has a bug.',
  'bridge-dead': 'The node says that a wrong block became final. Nothing can be done about it any more.',
  disagreement:
    'The node and our own replay judge a block differently. Where only the node calls it wrong, nothing is sent.',
  doubt:
    'The node and the endpoints do not see the same, or one is silent, late or stuck. Wrong blocks are killed all the same.',
  clear: 'A doubt that was reported is over.',
  trouble:
    'A part of the work cannot be done now, for the reason `code`: a block cannot be judged, or nothing can be read.',
  more: 'There were more alarms than are sent one by one: how many of each kind, and how many wrong blocks live.',
} as const satisfies Readonly<Record<string, string>>

export type AlarmKind = keyof typeof ALARMS

/** Numbers as strings where they may be large. Nothing that a stranger wrote, and no address of an endpoint but its host. */
export type AlarmFacts = Readonly<Record<string, string | number | Readonly<Record<string, number>>>>

/** One JSON object, which is what a webhook or a command is given. */
export type Alarm = AlarmFacts & {
  readonly alarm: AlarmKind
  /** ISO 8601. */
  readonly at: string
  /** One sentence or two, for people. */
  readonly message: string
  /** EIP-155 id of the chain and address of the bridge, as soon as they are known. */
  readonly chain?: string
  readonly bridge?: string
}

/** Ends with the delivery, or throws why there was none. */
export type Deliver = (alarm: Alarm, signal: AbortSignal) => Promise<void>

/** Where alarms are raised. */
export type Raise = {
  /** `about` tells one alarm of a kind from another: none is sent twice. */
  raise(kind: AlarmKind, about: string, message: string, facts?: AlarmFacts): void
}
