// ttx asset: other assets than TTX: issue, list, show, withdraw.

import type { Command } from 'commander'
import { AUDIENCE, addExamples } from '../../audience.ts'
import type { Act } from '../../context.ts'
import { registerIssue } from './issue.ts'
import { registerList } from './list.ts'
import { registerShow } from './show.ts'
import { registerWithdraw } from './withdraw.ts'

export function registerAsset(program: Command, act: Act): void {
  const asset = program
    .command('asset')
    .helpGroup(AUDIENCE.bridge)
    .summary('other assets: issue, list, show, withdraw')
    .description(
      'Other assets than TTX: those that a contract on Ethereum entered, as a gateway does with a token, and those that somebody issued on TTX. An asset is its id. What it calls itself is a claim that nobody has checked.',
    )
  addExamples(asset, 'ttx asset list --wallet alice', `ttx asset show ${'c12fe1c06b'.repeat(4)}`)
  registerIssue(asset, act)
  registerList(asset, act)
  registerShow(asset, act)
  registerWithdraw(asset, act)
}
