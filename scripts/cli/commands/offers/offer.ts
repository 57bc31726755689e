// ttx offer: swaps without an exchange: make an offer, take one, withdraw one's own.

import type { Command } from 'commander'
import { AUDIENCE, addExamples } from '../../audience.ts'
import type { Act } from '../../context.ts'
import { registerCreate } from './create.ts'
import { registerList } from './list.ts'
import { registerShow } from './show.ts'
import { registerTake } from './take.ts'
import { registerWithdraw } from './withdraw.ts'

export function registerOffer(program: Command, act: Act): void {
  const offer = program
    .command('offer')
    .helpGroup(AUDIENCE.bridge)
    .summary('swap assets: create, list, show, take, withdraw')
    .description(
      'Offers: files in which somebody signs what they give for what. Whoever has the file can take it: both halves happen, or none. An offer has no end but its withdrawal. A take is safe when a block orders it, not before.',
    )
  addExamples(
    offer,
    `ttx offer create --give 2 --want 5 --want-asset ${'c12fe1c06b'.repeat(4)} --save offer.json --wallet alice`,
    'ttx offer take offer.json --wallet bob',
  )
  registerCreate(offer, act)
  registerList(offer, act)
  registerShow(offer, act)
  registerTake(offer, act)
  registerWithdraw(offer, act)
}
