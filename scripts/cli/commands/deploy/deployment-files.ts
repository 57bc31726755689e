// What a deployment leaves on disk: the file that everyone who joins the network needs, and what explorers of the chain need to show the sources.

import { access, constants, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { basename, dirname, join, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { judgeRuntimeCode } from '../../../../deployments/judge-runtime-code.ts'
import { compilerVersion, runtimeCode } from '../../../../deployments/runtime-code.ts'
import type { Deployment } from '../../../../node/deployment.ts'
import { writeDurably } from '../../../../node/durable.ts'
import { OperationError } from '../../../../node/errors.ts'
import { type Contracts, constructorArguments } from '../../../../node/ethereum/deploying/creation.ts'
import type { Parameters } from '../../../../node/ethereum/deploying/parameters.ts'
import type { Hash, Infohash } from '../../../../node/protocol/ids.ts'
import { writeNew } from '../../files.ts'

const FOLDER = fileURLToPath(new URL('../../../../deployments', import.meta.url))
const STANDARD_INPUT = 'standard-input.json'
/** Without the end of a name that says JSON. */
const STEM = /\.json$/

/** In the clone; of an installed package in the folder where the command runs, since an update would take what is in the package along. */
export function defaultOut(chain: bigint): string {
  return join(FOLDER.includes(`${sep}node_modules${sep}`) ? process.cwd() : FOLDER, `${chain}.json`)
}

/** For before money is spent. Throws `OperationError('file-not-written')` where the file is there already, or could not be written. */
export async function checkOut(out: string): Promise<void> {
  const isThere = await access(out).then(
    () => true,
    () => false,
  )
  try {
    if (isThere) throw new Error('a file that is there already')
    await mkdir(dirname(out), { recursive: true })
    await access(dirname(out), constants.W_OK)
  } catch (cause) {
    throw new OperationError(
      'file-not-written',
      `expected to write ${out}, got ${cause instanceof Error ? cause.message : String(cause)}; choose another name with --out, nothing is overwritten`,
      { facts: { file: out }, cause },
    )
  }
}

/** The same again is not an error: an earlier run may have been killed after it wrote the file. Throws `OperationError('file-not-written')`. */
export async function writeDeployment(deployment: Deployment, out: string): Promise<void> {
  const text = `${JSON.stringify(deployment, undefined, 2)}\n`
  await mkdir(dirname(out), { recursive: true })
  const before = await readFile(out, 'utf8').catch(() => undefined)
  if (before !== text) await writeNew(out, new TextEncoder().encode(text))
}

/** Into a file of a network what its contracts do not depend on. Throws `OperationError('write-failed')`. */
export async function amendDeployment(
  file: string,
  change: Pick<Deployment, 'gatewayFactory' | 'peers'>,
): Promise<void> {
  const before: Deployment = JSON.parse(await readFile(file, 'utf8')) // which was found to be one
  const { chain, bridge, token, gatewayFactory, peers, ...rest } = { ...before, ...change }
  const text = `${JSON.stringify({ chain, bridge, token, gatewayFactory, peers, ...rest }, undefined, 2)}\n`
  // Others are to read it: who may is up to its owner.
  const { mode } = await stat(file)
  await writeDurably(file, text, mode & 0o777)
}

/**
 * What an explorer asks for, in a folder beside the file: the standard JSON input, which is the same for all three contracts, and of each its
 * address, its name in that input, and its constructor's arguments. Returns the folder.
 */
export async function writeSources(out: string, state: Hash, parameters: Parameters, at: Contracts): Promise<string> {
  const folder = join(dirname(out), `${basename(out).replace(STEM, '')}-sources`)
  await mkdir(folder, { recursive: true })
  const contracts = Object.entries({ ...runtimeCode, ...judgeRuntimeCode }).map(([name, { name: contractName }]) => ({
    address: at[name as keyof Contracts], // the keys of the tables
    contractName,
    constructorArguments: name === 'bridge' ? constructorArguments(state, parameters) : '0x',
  }))
  const bundle = { compilerVersion, license: 'MIT', standardInput: STANDARD_INPUT, contracts }
  await writeFile(join(folder, 'contracts.json'), `${JSON.stringify(bundle, undefined, 2)}\n`)
  await writeFile(join(folder, STANDARD_INPUT), await readFile(join(FOLDER, STANDARD_INPUT)))
  return folder
}

/** Files beside `out` that describe networks of the same genesis. */
export async function networksOf(genesis: Infohash, out: string): Promise<readonly string[]> {
  const folder = dirname(out)
  const names = await readdir(folder).catch(() => [])
  const files = names.filter((name) => name.endsWith('.json') && join(folder, name) !== out)
  const found = await Promise.all(
    files.map(async (name) => ((await genesisIn(join(folder, name))) === genesis ? [name] : [])),
  )
  return found.flat()
}

async function genesisIn(file: string): Promise<unknown> {
  try {
    const parsed: Partial<Deployment> | null = JSON.parse(await readFile(file, 'utf8'))
    return parsed?.genesis?.infohash
  } catch {
    return undefined // some other file
  }
}
