// ttx status: what an id of any kind names, and where that is: a transaction, a block, an account, a transaction of Ethereum.

import { setTimeout as delay } from 'node:timers/promises'
import type { Command } from 'commander'
import type { AnyId } from '../../../../node/client/any-id.ts'
import { AUDIENCE, addExamples } from '../../audience.ts'
import { type Act, type CliContext, formatJson, formatTable, type Result } from '../../context.ts'
import { parseIdOf } from '../../ids/id-argument.ts'
import { lookUpId, type Named } from '../../ids/named.ts'
import { type NodeLink, openNode } from '../../link.ts'
import { printable } from '../../printable.ts'
import { addSettings } from '../../setting-flags.ts'
import { accountStatus } from '../../status/account.ts'
import { ethereumStatus } from '../../status/ethereum.ts'
import { transactionStatus } from '../../status/transaction.ts'
import { showBlock } from '../watch/block.ts'

const WATCH_MS = 2_000
/** The whole screen away, and to its first line. */
const CLEAR = '\u001b[2J\u001b[H'

export function registerStatus(program: Command, act: Act): void {
  addExamples(
    addSettings(
      program
        .command('status')
        .helpGroup(AUDIENCE.bridge)
        .summary('where something is, by an id of any kind, and what it waits for')
        .description(
          'Say of a payment, a take, a bridge request or a deposit where its money is, what it waits for and why, what would help, and of a request when it is paid at the earliest and at the latest. Only "final" is final: all before that can still be reversed. Of a block it says what "block show" does, of an account its balance and what of it is not final, and of a transaction of Ethereum what that did at the bridge.',
        )
        .argument(
          '<id>',
          'an infohash, a magnet link, the id of a block, an address, the name of a wallet or a contact, or the hash of a transaction of Ethereum',
          parseIdOf('transaction', 'block', 'account', 'ethereum'),
        )
        .option('--watch', 'show it again whenever it changes, until nothing can change any more or Ctrl-C')
        .action(act(run)),
      ['node', 'deployment', 'ethereum'],
    ),
    'ttx status c12fe1c06bba254a9dc9f519b335aa7c1367a88a',
    'ttx status c12fe1c06bba254a9dc9f519b335aa7c1367a88a --watch',
    'ttx status alice --json',
  )
}

async function run(
  context: CliContext,
  id: AnyId,
  { watch = false }: { watch?: boolean },
): Promise<Result | undefined> {
  const node = await openNode(context)
  const named = await lookUpId(context, node, id)
  if (!watch) return await statusOf(context, node, named)
  await watchStatus(context, () => statusOf(context, node, named))
  return undefined
}

type Status = Result & { readonly isOver?: boolean }

async function statusOf(context: CliContext, node: NodeLink, named: Named): Promise<Status> {
  switch (named.kind) {
    case 'transaction':
      return await transactionStatus(context, node, named.infohash)
    case 'block':
      return await showBlock(context, node, named.id)
    case 'account':
      return await accountStatus(context, node, named.address)
    case 'ethereum':
      return await ofEthereum(context, node, named.transaction)
  }
}

/** With the status of what it made, where that is one thing. */
async function ofEthereum(
  context: CliContext,
  node: NodeLink,
  transaction: Extract<Named, { kind: 'ethereum' }>['transaction'],
): Promise<Status> {
  const { data, rows } = ethereumStatus(transaction)
  const [only, ...others] = transaction.made.filter(({ infohash, block }) => infohash ?? block)
  const text = formatTable(rows)
  if (only === undefined || others.length > 0) return { data, text }
  const named: Named | undefined = only.infohash
    ? { kind: 'transaction', infohash: only.infohash }
    : only.block && { kind: 'block', id: only.block }
  if (named === undefined) return { data, text }
  const status = await statusOf(context, node, named)
  return { ...status, data: { ...data, status: status.data }, text: `${text}\n\n${status.text}` }
}

/** On a terminal in place; else each time that something else is the case than that time has passed. */
async function watchStatus({ shell, json, signal }: CliContext, look: () => Promise<Status>): Promise<void> {
  const isTerminal = !json && shell.stdout.isTTY === true
  let shown = ''
  while (!signal.aborted) {
    const { data, text, isOver } = await look()
    const line = printable(json ? formatJson(data) : `${text}\n`)
    const compared = json
      ? formatJson({ ...data, ethereumTime: undefined, next: undefined, miner: undefined })
      : steady(line)
    if (isTerminal) shell.stdout.write(`${CLEAR}${line}`)
    else if (compared !== shown) shell.stdout.write(line)
    shown = compared
    if (isOver) return
    await delay(WATCH_MS, undefined, { signal }).catch(() => undefined)
  }
}

/** Without how long something is ago, and what a search takes. */
function steady(text: string): string {
  return text
    .replace(/\((in [^)]*|[^)]* ago)\)/g, '')
    .split('\n')
    .filter((line) => !/^(next block|miner|clock) /.test(line))
    .join('\n')
}
