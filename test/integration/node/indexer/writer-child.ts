// The writer of an index that is killed: follows the feed at a URL into a database, and says how far it is.

import { createNodeClient } from '../../../../node/client/rpc.ts'
import { placeIn } from '../../../../node/indexer/apply.ts'
import { Indexer } from '../../../../node/indexer/indexer.ts'
import { openPglite } from '../../../../node/indexer/pglite.ts'
import { openPostgres } from '../../../../node/indexer/postgres.ts'
import { SILENT } from '../../../unit/node/ledger/world.ts'

const [url = '', database = ''] = process.argv.slice(2)
const client = createNodeClient(url)
const sql = database.startsWith('postgres:') ? await openPostgres(database) : await openPglite(database)
const indexer = new Indexer({
  sql,
  log: SILENT,
  page: 40,
  feed: {
    read: (params) => client.call('feed_read', params),
    snapshot: (params) => client.call('feed_snapshot', params),
  },
})
await indexer.start()
indexer.failed.addEventListener('abort', () => {
  throw indexer.failed.reason
})
setInterval(async () => {
  // The database may be killed meanwhile.
  const place = await placeIn(sql).catch(() => undefined)
  if (place?.in === 'feed') process.stdout.write(`${place.sequence}\n`)
}, 20)
