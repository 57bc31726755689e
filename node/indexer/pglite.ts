// PGlite in a folder as the database of an index: PostgreSQL in this process, of which nobody else may have the folder.

import { existsSync } from 'node:fs'
import { rename, rm, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { PGlite } from '@electric-sql/pglite'
import { makeFolder, notWritten } from '../disk.ts'
import { indexFailed, type Row, type Sql } from './sql.ts'

/** Some segments of the log that it writes ahead, of 16 MiB each. */
const SPARE_BYTES = 64 * 1024 * 1024

type PgliteOptions = {
  /** On the disk of a folder. */
  readonly freeBytes?: (folder: string) => Promise<number>
}

/**
 * Writes nothing on a disk that is nearly full, but throws `OperationError('write-failed')`: where PGlite cannot write its log, it turns forever, and with
 * it all of this process. Throws `OperationError('index-failed')`.
 */
export async function openPglite(folder: string, { freeBytes = freeBytesOf }: PgliteOptions = {}): Promise<Sql> {
  const checkRoom = async () => {
    if ((await freeBytes(folder)) < SPARE_BYTES)
      throw notWritten(folder, Object.assign(new Error(), { code: 'ENOSPC' }))
  }
  await makeFolder(folder)
  await checkRoom()
  const database = await openOrMake(folder).catch((cause) => {
    const advice =
      'check that it may be written; if it is damaged, delete it: it is made again from what the node knows'
    throw indexFailed(`the index in ${folder}`, cause, advice)
  })
  return {
    query: async (text, values = []) => (await database.query<Row>(text, [...values])).rows,
    async transaction(work) {
      await checkRoom()
      return await database.transaction((tx) =>
        work(async (text, values = []) => (await tx.query<Row>(text, [...values])).rows),
      )
    },
    [Symbol.asyncDispose]: () => database.close(),
  }
}

/** PGlite unpacks a thousand files, and cannot go on with half of them: it does so beside, and the folder is there when all are. */
async function openOrMake(folder: string): Promise<PGlite> {
  if (!existsSync(join(folder, 'PG_VERSION'))) {
    const draft = `${folder}.new`
    await rm(draft, { recursive: true, force: true })
    const made = await PGlite.create(draft)
    await made.close()
    await rename(draft, folder) // over an empty one
  }
  return await PGlite.create(folder)
}

async function freeBytesOf(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder)
  return bavail * bsize
}
