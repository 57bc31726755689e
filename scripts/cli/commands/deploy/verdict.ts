// What all endpoints together say of a deployment: it is right if each of them was asked, answered, and shows nothing that differs.

import { OperationError } from '../../../../node/errors.ts'
import { Connection } from '../../../../node/ethereum/connection.ts'
import { type Claim, type Examination, examine } from '../../../../node/ethereum/deploying/examine.ts'

export type Verdict = { readonly endpoint: string } & (
  | { readonly examination: Examination }
  | { readonly trouble: OperationError }
)

/** Each endpoint by itself: one that would answer for another could not contradict it. */
export async function examineAll(urls: readonly string[], claim: Claim): Promise<readonly Verdict[]> {
  return await Promise.all(
    urls.map(async (url): Promise<Verdict> => {
      const connection = new Connection([url], { retries: 1 })
      const endpoint = connection.name
      try {
        return { endpoint, examination: await examine(connection, claim) }
      } catch (error) {
        if (!(error instanceof OperationError)) throw error
        return { endpoint, trouble: error }
      } finally {
        connection.close()
      }
    }),
  )
}

/** Throws `OperationError('deployment-differs')` if any endpoint shows something else than what was stated. */
export function checkAlike(verdicts: readonly Verdict[], name: string): void {
  const differences = verdicts.flatMap(({ endpoint, ...rest }) =>
    'examination' in rest
      ? rest.examination.differences.map(
          ({ what, expected, found, means }) =>
            `${what}: expected ${expected}, found ${found} at ${endpoint}: ${means}`,
        )
      : [],
  )
  const [first] = differences
  if (first === undefined) return
  const most = differences.length === 1 ? '' : `${differences.length} differences, the first of which is `
  throw new OperationError(
    'deployment-differs',
    `expected ${name} to be what it says, got ${most}${first}; do not use it before you know why`,
    { facts: { differences } },
  )
}

/** Throws `OperationError('deployment-unproven')` (retry) if something was not looked at. */
export function checkComplete(verdicts: readonly Verdict[], name: string): void {
  const missing = verdicts.flatMap(({ endpoint, ...rest }) =>
    'trouble' in rest
      ? [`${endpoint}: ${rest.trouble.message}`]
      : rest.examination.unchecked.map(({ what, why }) => `${what} at ${endpoint}: ${why}`),
  )
  const [first] = missing
  if (first === undefined) return
  throw new OperationError(
    'deployment-unproven',
    `expected to see that ${name} is right, got nothing that differs, but not everything was seen (${first}); name the genesis with --genesis, and endpoints that have all of it with --ethereum`,
    { facts: { missing }, retry: true },
  )
}
