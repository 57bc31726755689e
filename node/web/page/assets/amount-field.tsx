// A field for an amount, in the unit that is chosen beside it.

import { useState } from 'react'
import { useWords } from '../language/language.tsx'
import { TextField } from '../parts/field.tsx'
import { formatNumber, keyOf, nameUnit, readIn, type Unit } from './unit.ts'

type Written = {
  readonly text: string
  readonly write: (text: string) => void
  /** Base units. */
  readonly tokens: bigint | undefined
}

/** Empty again where the unit becomes another one. `initial`, in base units, is there until something is written. */
export function useAmount(unit: Unit | undefined, initial?: bigint): Written {
  const key = unit && keyOf(unit)
  const [typed, setTyped] = useState<{ readonly text: string; readonly key: string | undefined }>()
  const given = unit === undefined || initial === undefined ? '' : formatNumber(initial, unit)
  const text = typed === undefined ? given : typed.key === key ? typed.text : ''
  return { text, write: (next) => setTyped({ text: next, key }), tokens: unit && readIn(text, unit) }
}

type AmountFieldProps = {
  readonly name: string
  readonly label: (unit: string) => string
  readonly unit: Unit | undefined
  readonly amount: Written
  readonly hint?: string | undefined
  readonly problem?: string | undefined
}

/** What is written is said in base units too, where its decimals are what an asset claims. */
export function AmountField({ name, label, unit, amount, hint, problem }: AmountFieldProps) {
  const words = useWords()
  if (unit === undefined) return <p className="faint">{words.misc.loading}</p>
  const { tokens } = amount
  const isClaimed = unit.asset !== undefined && unit.decimals !== undefined
  const exact = tokens !== undefined && isClaimed ? words.pay.exact(`${tokens}`) : undefined
  return (
    <TextField
      name={name}
      label={label(nameUnit(unit, words))}
      value={amount.text}
      onChange={amount.write}
      inputMode="decimal"
      hint={[hint, exact].filter(Boolean).join(' ') || undefined}
      problem={problem}
    />
  )
}
