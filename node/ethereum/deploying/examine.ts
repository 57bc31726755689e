// Whether a deployment is what somebody says, by one endpoint: by the bytes of its code and of the transaction that made it, never by what the
// contract answers.
//
// The same code is not enough: a constructor of another kind could have written balances or final blocks into the storage, and have left this code
// behind. Therefore the transaction that made the bridge has to be the one that this program would have sent: then token and reader are ours as well, and the address of the judge follows from its creation code.

import { type Hex, isHex } from 'viem'
import { genesisState } from '../../protocol/genesis.ts'
import { blockId } from '../../protocol/header.ts'
import type { Address, Hash } from '../../protocol/ids.ts'
import { stateRoot } from '../../protocol/state.ts'
import type { GenesisTransaction } from '../../protocol/transaction.ts'
import { readChainId } from '../chain-id.ts'
import type { Connection } from '../connection.ts'
import { examineFactory, FACTORY_PARTS, type FactoryPart } from '../gateways/factory.ts'
import type { CodeReport } from './compare-code.ts'
import { type Contracts, contractsOf, createdBy, creationCode, stateIn } from './creation.ts'
import { type Creation, findCreation, readCreation } from './creation-transaction.ts'
import { genesisBlockOf } from './deploy.ts'
import { type ContractName, compareCode, type Origin, parametersIn } from './expected-code.ts'
import { PARAMETERS, type Parameters } from './parameters.ts'

/** What somebody says of a deployment; what they leave out is reported as it is found. */
export type Claim = {
  readonly bridge: Address
  readonly chain?: bigint
  readonly token?: Address
  readonly gatewayFactory?: Address
  readonly transaction?: Hash
  readonly block?: bigint
  /** Unix seconds. */
  readonly time?: bigint
  readonly genesis?: GenesisTransaction
  readonly parameters?: Parameters
}

/** `what` is a stable name, as in `bridge code` or `bridge floorPrice`. */
type Difference = {
  readonly what: string
  readonly expected: string
  readonly found: string
  /** What it means for those who use the network. */
  readonly means: string
}

/** What could not be compared, which is not the same as right. */
type Unchecked = { readonly what: string; readonly why: string }

export type Examination = {
  readonly chain: bigint
  readonly contracts: Contracts
  readonly differences: readonly Difference[]
  readonly unchecked: readonly Unchecked[]
  /** What the code of the bridge was made with; undefined if it is not ours. */
  readonly parameters?: Parameters
  readonly creation?: Creation
}

const NOT_OURS = 'it is another program, or one of another version: nothing is known about what it does with money'

/** Throws what asking the endpoint throws. */
export async function examine(connection: Connection, claim: Claim): Promise<Examination> {
  const chain = await readChainId(connection)
  const contracts = contractsOf(claim.bridge)
  const differences: Difference[] = []
  const differ = (what: string, expected: unknown, found: unknown, means: string) => {
    if (expected !== undefined && String(expected) !== String(found))
      differences.push({ what, expected: String(expected), found: String(found), means })
  }
  differ('chain', claim.chain, chain, 'the endpoint is of another chain: name one of this network')
  if (differences.length > 0) return { chain, contracts, differences, unchecked: [] }
  differ(
    'token',
    claim.token,
    contracts.token,
    'the file names a token that this bridge has not made: what is bought there is not wTTX',
  )

  const codeOf = (name: ContractName) =>
    connection.ask(`code of the ${name}`, async (client) => {
      const code = (await client.getCode({ address: contracts[name] })) ?? '0x'
      if (!isHex(code)) throw new TypeError('code that is not bytes')
      return code
    })
  const bare = { contracts, chain, genesis: undefined, parameters: claim.parameters ?? {} }
  const code = await codeOf('bridge')
  const first = compareCode('bridge', code, bare)
  const parameters = first.kind === 'ours' ? parametersIn(first.immutables) : undefined
  const genesis =
    claim.genesis && parameters
      ? blockId(genesisBlockOf(chain, claim.bridge, claim.genesis, parameters.easiestTarget))
      : undefined
  const origin: Origin = { ...bare, genesis }
  differences.push(...codeDifferences('bridge', compareCode('bridge', code, origin)))
  for (const name of ['token', 'judge', 'reader'] as const)
    differences.push(...codeDifferences(name, compareCode(name, await codeOf(name), origin)))
  if (claim.gatewayFactory !== undefined) {
    const reports = await examineFactory(connection, claim.gatewayFactory, claim.bridge)
    for (const part of FACTORY_PARTS) differences.push(...codeDifferences(part, reports[part]))
  }
  if (first.kind !== 'ours' || parameters === undefined) return { chain, contracts, differences, unchecked: [] }

  const genesisOnChain = first.immutables.get('genesis') as Hash // the code is ours, and has it
  const creation =
    claim.transaction === undefined
      ? await findCreation(connection, claim.bridge, genesisOnChain)
      : await readCreation(connection, claim.transaction)
  const unchecked = claim.genesis === undefined ? [{ what: 'genesis', why: 'nobody says what it has to be' }] : []
  if (creation === undefined) {
    unchecked.push({ what: 'transaction', why: NO_CREATION })
    return { chain, contracts, differences, unchecked, parameters }
  }
  differ('transaction receiver', 'nobody', creation.to ?? 'nobody', UNKNOWN_STORAGE)
  differ('transaction contract', claim.bridge, createdBy(creation.from, creation.nonce).bridge, UNKNOWN_STORAGE)
  differ('transaction status', 'success', creation.status, UNKNOWN_STORAGE)
  // What the code says of the parameters was compared above: here only whether the constructor was ours.
  const state = stateIn(creation.input)
  if (creation.input !== creationCode(state, parameters))
    differ('transaction bytes', 'those of this version', 'others', UNKNOWN_STORAGE)
  differ('genesis state', claim.genesis && stateRoot(genesisState(claim.genesis)), state, OTHER_GENESIS)
  differ('block', claim.block, creation.block, OTHER_BLOCK)
  differ('time', claim.time, creation.time, OTHER_TIME)
  return { chain, contracts, differences, unchecked, parameters, creation }
}

const UNKNOWN_STORAGE =
  'it is not known what was written into the storage of the bridge: balances, final blocks and debts may have been put there that no rule allows'
const NO_CREATION =
  'the endpoint has none that made the bridge: it may keep no old blocks, or the bridge was made through another contract, or there is none; what wrote its storage is not known'
const OTHER_GENESIS = 'the bridge begins with another state: its TTX are not those of this genesis'
const OTHER_BLOCK =
  'a node that begins too late misses what was published before; one that begins too early only loses time'
const OTHER_TIME = 'nodes would count from another moment than the contract does'

function codeDifferences(name: ContractName | FactoryPart, report: CodeReport): readonly Difference[] {
  const what = `${name} code`
  const expected = 'that of this version'
  if (report.kind === 'none') {
    return [
      {
        what,
        expected,
        found: 'no contract',
        means: 'nothing is there: another address or chain was meant, or the endpoint is behind',
      },
    ]
  }
  if (report.kind === 'foreign') return [{ what, expected, found: 'other code', means: NOT_OURS }]
  return report.others.map(({ name: immutable, expected: word, found }) => ({
    what: `${name} ${immutable}`,
    expected: readable(immutable, word),
    found: readable(immutable, found),
    means: meaningOf(name, immutable),
  }))
}

/** A word as people know it: a number for parameters and chain ids, an address for an address. */
function readable(name: string, word: Hex): string {
  if (name in PARAMETERS || name === 'chain' || name === '_cachedChainId') return BigInt(word).toString()
  return ['token', 'judge', 'reader', 'bridge', 'implementation', '_cachedThis'].includes(name)
    ? `0x${word.slice(26)}`
    : word
}

function meaningOf(contract: ContractName | FactoryPart, name: string): string {
  if (contract === 'factory' || contract === 'implementation')
    return 'its gateways are those of another bridge, or run another program: what is deposited there may be gone'
  const parameter: Readonly<Record<string, { readonly means: string }>> = PARAMETERS
  const known = parameter[name]
  if (known !== undefined) return `the contract goes by another value than the file of ${known.means}`
  if (name === 'genesis') return OTHER_GENESIS
  if (name === 'token') return 'the bridge mints and burns another token than its own'
  if (name === 'judge') return 'somebody else decides which blocks are wrong'
  if (name === 'reader') return 'somebody else decides what the header of a block says'
  if (contract === 'token' && name === 'bridge') return 'another contract than the bridge can mint wTTX at will'
  return 'allowances that are signed for this token are not valid, or valid for another one'
}
