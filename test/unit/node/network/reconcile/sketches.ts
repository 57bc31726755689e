// Answers the questions of a node for symbols as a liar likes.

import type { Attacker } from '../attacker.ts'
import { until } from '../lab.ts'

/** `symbols` makes `most` of them from `from` on. Resolves once the node has stopped to ask, and asks something else. Returns how often it asked. */
export async function answerSketches(
  attacker: Attacker,
  symbols: (from: number, most: number) => Uint8Array,
  isOver: () => boolean = () => attacker.told('count').length + attacker.told('list').length > 0,
): Promise<number> {
  let answered = 0
  for (;;) {
    await until(
      () => attacker.told('sketch').length > answered || isOver() || attacker.isClosed,
      'the node asks for symbols',
    )
    const question = attacker.told('sketch')[answered]
    if (question === undefined) return answered
    answered += 1
    const [id, from, most] = [question['id'], question['from'], question['most']].map(Number)
    if (id === undefined || from === undefined || most === undefined) throw new Error('expected a question')
    await attacker.say({ type: 'symbols', id, symbols: symbols(from, most) })
  }
}
