// The file that says where the bridge of a network is, as `ttx deploy` and a devnet write it.

import { readFile } from 'node:fs/promises'
import { type NetworkDefinition, parseDeployment } from '../../node/deployment.ts'
import { OperationError } from '../../node/errors.ts'

/** Throws `OperationError`: 'deployment-missing', 'bad-deployment'. */
export async function readDeployment(file: string | undefined): Promise<NetworkDefinition> {
  if (file === undefined) {
    throw new OperationError(
      'deployment-missing',
      'expected the file that says where the bridge of the network is, got none; name it with --deployment FILE or TTX_DEPLOYMENT',
    )
  }
  const text = await readFile(file, 'utf8').catch((cause) => {
    throw new OperationError(
      'deployment-missing',
      `expected the file of a network at ${file}, got ${cause instanceof Error ? cause.message : String(cause)}; check --deployment`,
      { facts: { file }, cause },
    )
  })
  return parseDeployment(text, file)
}
