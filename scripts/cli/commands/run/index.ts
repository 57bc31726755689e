// ttx index: writes what a node knows into an SQL database, and answers queries, until Ctrl-C.

import { join } from 'node:path'
import type { Command } from 'commander'
import { OperationError } from '../../../../node/errors.ts'
import type { FeedSource } from '../../../../node/indexer/indexer.ts'
import { takeLock } from '../../../lock.ts'
import { AUDIENCE, addExamples } from '../../audience.ts'
import { type Act, type CliContext, formatTable } from '../../context.ts'
import { openNode } from '../../link.ts'
import { addSettings } from '../../setting-flags.ts'
import { untilAborted } from '../../until.ts'

export function registerIndex(program: Command, act: Act): void {
  addExamples(
    addSettings(
      program
        .command('index')
        .helpGroup(AUDIENCE.network)
        .summary('keep an SQL index of what a node knows')
        .description(
          'Keep an SQL index until Ctrl-C: payments, what moved whose money, blocks and assets, read from the change feed of a node that runs with --feed. It is kept with PGlite in <data>/index, or in PostgreSQL with --database; one process writes it, and any number serve PostgreSQL with --only-serve (docs/feed.md).',
        )
        .action(act(run)),
      ['node', 'database', 'serve', 'onlyServe'],
    ),
    'ttx index --serve 7655',
    'ttx index --database postgres://ttx@127.0.0.1/ttx',
    'ttx index --database postgres://ttx@127.0.0.1/ttx --only-serve --serve 7656',
  )
}

async function run(context: CliContext): Promise<undefined> {
  const { settings, folder, log, signal } = context
  const { database, serve: port, onlyServe = false } = settings
  if (onlyServe && (database === undefined || port === undefined))
    throw new OperationError(
      'bad-arguments',
      'expected --only-serve with --database and --serve, got fewer of them: PGlite is of one process',
    )
  // Loaded only here: a database engine would slow every other command down.
  const { openPglite } = await import('../../../../node/indexer/pglite.ts')
  const { openPostgres } = await import('../../../../node/indexer/postgres.ts')
  const { followFeed } = await import('../../../../node/indexer/feed-stream.ts')
  const { Indexer } = await import('../../../../node/indexer/indexer.ts')
  const { IndexServer } = await import('../../../../node/indexer/server.ts')
  const files = join(folder.root, 'index')
  await using _lock = database === undefined ? await takeLock(folder.root, 'index') : undefined
  await using sql = database === undefined ? await openPglite(files) : await openPostgres(database, { signal })
  const node = onlyServe ? undefined : await openNode(context)
  const feed: FeedSource | undefined = node && {
    read: (params) => node.call('feed_read', params, signal),
    snapshot: (params) => node.call('feed_snapshot', params, signal),
    follow: (place, most, ending) => followFeed(settings.node, place, { most, signal: ending }),
  }
  const genesis = node && { genesis: node.info.network.genesis }
  await using indexer = feed && new Indexer({ sql, feed, log: log.child({ part: 'index' }), ...genesis })
  await indexer?.start()
  await using server = port === undefined ? undefined : new IndexServer({ sql, log }, { port })
  await server?.start()
  context.say(
    formatTable([
      ['database', database === undefined ? files : 'PostgreSQL'],
      ...(node === undefined ? [] : ([['node', node.url]] as const)),
      ...(server === undefined ? [] : ([['queries', server.url]] as const)),
    ]),
  )
  const failed = indexer?.failed ?? signal
  await untilAborted(AbortSignal.any([signal, failed]))
  if (failed.aborted && !signal.aborted) throw failed.reason
  return undefined
}
