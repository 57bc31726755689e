// Which tests judge a mutant, as data: suites that need the same compiled contracts, in the order in which they are tried.

/** Test files that run in one process against the same contracts. */
export type Suite = {
  readonly name: string
  /** `path:Contract` of those that the files deploy or read. Empty for Solidity tests, which Hardhat compiles. */
  readonly contracts: readonly string[]
  /** The cheapest and most telling first; what killed a neighbour is put before it. */
  readonly files: readonly string[]
}

/** What a bridge deploys when it is deployed: their code is within that of the bridge. */
export const PARTS: readonly string[] = ['contracts/Reader.sol:Reader']

const test = (name: string) => `test/contract/${name}.test.ts`

const STEPS: Suite = {
  name: 'steps',
  contracts: [
    'test/contract/harness/ApplyHarness.sol:ApplyHarness',
    'test/contract/harness/StepHarness.sol:StepHarness',
  ],
  files: ['vectors', 'libraries/Apply', 'libraries/Tree'].map(test),
}

const BLOBS: Suite = {
  name: 'blobs',
  contracts: ['test/contract/harness/BlobHarness.sol:BlobHarness'],
  files: ['libraries/Blob', 'libraries/BlobRow'].map(test),
}

const RULES: Suite = {
  name: 'rules',
  contracts: ['test/contract/harness/BridgeHarness.sol:BridgeHarness'],
  files: ['race', 'queue', 'deposit', 'enter', 'requests', 'surcharge', 'reward', 'money', 'owed', 'limits', 'tag'].map(
    (name) => test(`bridge/Bridge.${name}`),
  ),
}

const LANES: Suite = {
  name: 'lanes',
  contracts: ['test/contract/harness/LanePriceHarness.sol:LanePriceHarness'],
  files: [test('libraries/LanePrice')],
}

/** What a publication says, and what a state holds: all that the bridge asks the reader for. */
const READER: Suite = {
  name: 'reader',
  contracts: [
    'contracts/Reader.sol:Reader',
    'contracts/Bridge.sol:Bridge',
    'test/contract/harness/BlobBridgeHarness.sol:BlobBridgeHarness',
    'test/contract/harness/BridgeHarness.sol:BridgeHarness',
  ],
  files: ['blobs', 'publish', 'queue', 'deposit', 'enter', 'requests', 'claim', 'assets'].map((name) =>
    test(`bridge/Bridge.${name}`),
  ),
}

/** Rows in blobs without their openings, which takes a tenth of the time. */
const ROWS: Suite = {
  name: 'rows',
  contracts: ['test/contract/harness/RowJudge.sol:RowJudge'],
  files: ['bridge/blob-rows', 'bridge/blob-lies'].map(test),
}

const JUDGE: Suite = {
  name: 'judge',
  contracts: ['contracts/Judge.sol:Judge', 'contracts/Bridge.sol:Bridge'],
  files: ['refute', 'place', 'unbacked', 'lies'].map((name) => test(`bridge/Bridge.${name}`)),
}

/** Proofs with something wrong in them, which the deployed bridge is not asked about. */
const DISPUTES: Suite = {
  name: 'disputes',
  contracts: ['contracts/Judge.sol:Judge', 'test/contract/harness/BridgeHarness.sol:BridgeHarness'],
  files: [test('bridge/Bridge.disputes')],
}

const BRIDGE_CONTRACTS = [
  ...RULES.contracts,
  'contracts/Bridge.sol:Bridge',
  'contracts/Judge.sol:Judge',
  'contracts/Reader.sol:Reader',
  'contracts/WrappedTTX.sol:WrappedTTX',
]

/** In several, as all files of a suite are loaded before the first test. */
const BRIDGE: readonly Suite[] = [
  {
    name: 'publish',
    contracts: BRIDGE_CONTRACTS,
    files: ['bridge/Bridge.publish', 'bridge/Bridge.disputes'].map(test),
  },
  {
    name: 'refute',
    contracts: BRIDGE_CONTRACTS,
    files: [
      'bridge/Bridge.refute',
      'bridge/Bridge.unbacked',
      'bridge/Bridge.place',
      'bridge/Bridge.overflow',
      'bridge/Bridge.authority',
    ].map(test),
  },
  {
    name: 'claim',
    contracts: BRIDGE_CONTRACTS,
    files: [
      'bridge/Bridge.claim',
      'bridge/Bridge.identity',
      'bridge/refute-completeness',
      'bridge/refute-soundness',
    ].map(test),
  },
]

/** Random races take long: last but for the Solidity tests. */
const RACES: Suite = { ...RULES, name: 'races', files: [test('bridge/Bridge.race-model')] }

const solidity = (...names: readonly string[]): Suite => ({
  name: 'solidity',
  contracts: [],
  files: names.map((name) => `test/contract/libraries/${name}.t.sol`),
})

/** With the contract that it calls at random: Hardhat finds only what is compiled for its own sake. */
const MONEY: Suite = {
  ...solidity('BridgeMoney'),
  files: ['test/contract/bridge/BridgeMoney.t.sol', 'test/contract/harness/BridgeHandler.sol'],
}

/** The factory has the code of its gateways within its own. */
const GATEWAYS: Suite = {
  name: 'gateways',
  contracts: ['contracts/periphery/GatewayFactory.sol:GatewayFactory'],
  files: [
    'periphery/Gateway.claim',
    'periphery/Gateway.deposit',
    'periphery/Gateway.reentrancy',
    'periphery/Gateway.hostile',
    'periphery/GatewayFactory',
    'periphery/Gateway.money',
  ].map(test),
}

/** Where a function is tested most closely: tried first, until another file turns out to kill more. */
export const CLOSEST: Readonly<Record<string, string>> = {
  ...closest('Judge', {
    'bridge/Bridge.disputes': ['_isWrongStep', '_openTrace', '_openLeaf'],
    'bridge/blob-rows': ['isWrong', '_openBlobs', '_isOutOfQueue', '_isMiscounted', '_isOtherRequest'],
  }),
  ...closest('Reader', {
    'bridge/Bridge.blobs': ['sealBlobs'],
    'bridge/Bridge.publish': ['seal', '_childOf'],
    'bridge/Bridge.claim': ['balanceIn'],
  }),
  ...closest('Sums', { 'bridge/Bridge.queue': ['consume'], 'bridge/Bridge.publish': ['ask', 'conclude'] }),
  ...closest('Requests', { 'bridge/Bridge.publish': ['leafOf', 'rootOf'] }),
  ...closest('BlobContent', { 'bridge/Bridge.blobs': ['read', '_readEntries', '_readRequests'] }),
  ...closest('Step', { vectors: ['sizeAt', 'kindAt', 'isRequestAt', 'tokensAt', 'payeeAt', 'entryHashAt', 'hashAt'] }),
  ...closest('BlobRow', { 'libraries/BlobRow': ['open', 'elementsOf', '_openEntry', '_openElement', '_checkStep'] }),
  ...closest('Blob', { 'libraries/Blob': ['checkOpener', 'ofTransaction', 'traceRootOf', 'check', 'pointOf'] }),
  ...closest('Bridge', {
    'bridge/Bridge.publish': ['publish', '_draftOn', '_accept', '_record'],
    'bridge/Bridge.disputes': ['refute'],
    'bridge/Bridge.reward': ['finalize', 'withdrawBond', '_refute'],
    'bridge/Bridge.claim': [
      'claim',
      'claimMany',
      '_pay',
      '_payoutOf',
      '_indexOf',
      '_checkFinal',
      'isClaimed',
      'balanceAt',
    ],
    'bridge/Bridge.requests': ['requestOf'],
    'bridge/Bridge.race': ['nominate', '_finalAt', 'slotOf', 'isEligible', '_checkRefutable', '_checkTime'],
    'bridge/Bridge.deposit': ['deposit', 'depositWithPermit', 'force', '_checkEntry', '_feeOf'],
    'bridge/Bridge.enter': ['enter'],
    'bridge/Bridge.money': ['withdraw'],
    'bridge/Bridge.authority': ['constructor'],
  }),
}

/** The suites for each file that is mutated. Tests of gas are not among them: they fail at any change of the code. */
export const PLAN: Readonly<Record<string, readonly Suite[]>> = {
  'contracts/Bridge.sol': [RULES, ...BRIDGE, RACES, MONEY],
  'contracts/Judge.sol': [ROWS, DISPUTES, JUDGE],
  'contracts/Reader.sol': [READER],
  'contracts/WrappedTTX.sol': [RULES, ...BRIDGE],
  'contracts/libraries/Apply.sol': [STEPS, ...BRIDGE, solidity('Apply', 'ApplyAmounts')],
  'contracts/libraries/Blob.sol': [BLOBS],
  'contracts/libraries/BlobContent.sol': [READER],
  'contracts/libraries/BlobRow.sol': [BLOBS],
  'contracts/libraries/BlockHeader.sol': [RULES, ...BRIDGE],
  'contracts/libraries/Content.sol': [READER],
  'contracts/libraries/Fee.sol': [RULES, STEPS, ...BRIDGE, MONEY, solidity('ApplyAmounts')],
  'contracts/libraries/Infohash.sol': [STEPS, ...BRIDGE, solidity('Sha1', 'TransactionFile')],
  'contracts/libraries/LanePrice.sol': [LANES, RULES],
  'contracts/libraries/Packed.sol': [STEPS, RULES, ...BRIDGE, solidity('Step', 'TransactionFile', 'Apply')],
  'contracts/libraries/Queue.sol': [RULES, ...BRIDGE, RACES, MONEY],
  'contracts/libraries/Race.sol': [RULES, ...BRIDGE, RACES, MONEY],
  'contracts/libraries/Requests.sol': [READER, ROWS],
  'contracts/libraries/Sha1.sol': [STEPS, ...BRIDGE, solidity('Sha1')],
  'contracts/libraries/Step.sol': [STEPS, READER, ROWS, JUDGE, solidity('Step', 'Apply')],
  'contracts/libraries/Target.sol': [RULES, ...BRIDGE, RACES, solidity('Target')],
  'contracts/libraries/Text.sol': [STEPS, ...BRIDGE, solidity('Sha1', 'TransactionFile')],
  'contracts/libraries/Totals.sol': [READER],
  'contracts/libraries/Trace.sol': [RULES, ...BRIDGE, solidity('Trace')],
  'contracts/libraries/TransactionFile.sol': [STEPS, ...BRIDGE, solidity('TransactionFile')],
  'contracts/libraries/Tree.sol': [STEPS, ...BRIDGE, solidity('Tree')],
  'contracts/libraries/TypedData.sol': [STEPS, ...BRIDGE, solidity('TransactionFile')],
  'contracts/periphery/Gateway.sol': [GATEWAYS],
  'contracts/periphery/GatewayFactory.sol': [GATEWAYS],
  'contracts/types/Asset.sol': [STEPS, READER, ROWS],
  'contracts/types/PerKind.sol': [STEPS, READER, ROWS],
}

/** @param byFile functions of a contract by the test files that test them */
function closest(contract: string, byFile: Readonly<Record<string, readonly string[]>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(byFile).flatMap(([file, functions]) =>
      functions.map((name) => [`${contract}.${name}`, test(file)] as const),
    ),
  )
}
