// The code that must be there: the compiler's, with every immutable that is expected of it.

import type { Hex } from 'viem'
import { bridgeBytecode } from '../../deployments/bridge-bytecode.ts'
import { judgeBytecode } from '../../deployments/judge-bytecode.ts'
import { judgeRuntimeCode } from '../../deployments/judge-runtime-code.ts'
import { runtimeCode } from '../../deployments/runtime-code.ts'
import { type ContractName, compareCode, type Origin } from '../../node/ethereum/deploying/expected-code.ts'

const PARTS = { ...runtimeCode, ...judgeRuntimeCode }

/** Without its immutables. */
function blankCode(contract: ContractName): Hex {
  const { start, length } = PARTS[contract]
  const deployed = contract === 'judge' ? judgeBytecode : bridgeBytecode
  return `0x${deployed.slice(2 + 2 * start, 2 + 2 * (start + length))}`
}

export function codeFor(contract: ContractName, origin: Origin): Hex {
  const report = compareCode(contract, blankCode(contract), origin)
  if (report.kind !== 'ours') throw new Error('blank code is ours')
  return report.others.reduce(
    (code, { name, expected }) => withImmutable(contract, code, name, expected),
    blankCode(contract),
  )
}

/** The same code with another word for an immutable, everywhere or at its first `places`. */
export function withImmutable(contract: ContractName, code: Hex, name: string, word: Hex, places = Infinity): Hex {
  const immutables: Readonly<Record<string, readonly number[]>> = PARTS[contract].immutables
  return (immutables[name] ?? []).slice(0, places).reduce((changed: Hex, at): Hex => {
    return `0x${changed.slice(2, 2 + 2 * at)}${word.slice(2)}${changed.slice(2 + 2 * (at + 32))}`
  }, code)
}
