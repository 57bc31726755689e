// Before money leaves: what, to whom and on which network is shown once more, and a person at a terminal is asked.

import { homedir } from 'node:os'
import { join } from 'node:path'
import type { Command } from 'commander'
import { bindNetwork } from '../../bound-network.ts'
import { type CliContext, formatTable } from '../context.ts'
import type { NodeLink } from '../link.ts'
import { readable } from '../printable.ts'
import { confirm } from '../prompt.ts'

type Row = readonly [name: string, value: string]
export type YesFlag = { readonly yes?: boolean }

export function addYes(command: Command): Command {
  return command.option('--yes', 'do not ask; nobody is asked either where standard input is no terminal')
}

/**
 * To be called before anything is signed. Shows `rows` and the network, and asks a person at a terminal unless `yes`; then the data folder is
 * for this network. Throws `OperationError`: 'not-confirmed', 'interrupted', and 'no-answer': nothing has changed then.
 */
export async function agree(
  context: CliContext,
  node: NodeLink,
  rows: readonly Row[],
  { yes }: YesFlag,
  question: string,
): Promise<void> {
  const { shell, folder } = context
  if (shell.stdin.isTTY && yes !== true) {
    shell.stderr.write(`${readable(formatTable([...rows, networkRow(context, node)]), shell.env)}\n`)
    await confirm(shell, question)
  }
  await bindNetwork(folder.root, node.info.network, node.url)
}

/** For the result of a command that moves money. */
export function networkRow(context: CliContext, node: NodeLink): [string, string] {
  const { name, chain, bridge } = networkData(context, node)
  return ['network', `${name}, chain ${chain}, bridge ${bridge}`]
}

/** The same for `--json`. A data folder that has no name of a network is named by its path. */
export function networkData({ settings }: CliContext, { info }: NodeLink) {
  const { chain, bridge } = info.network
  const isNamed = settings.data === join(homedir(), '.torrenttx', settings.network)
  return { name: isNamed ? settings.network : settings.data, chain, bridge }
}
