// Ids as links: short where there is little room, whole for those who copy or hear them.

import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import type { Address, Hash, Infohash } from '../../../protocol/ids.ts'
import { checksumAddress } from '../../../protocol/ids.ts'
import { useWords } from '../language/language.tsx'

/** How long "copied" is shown. */
const SHOWN_MS = 1_500

export function short(id: string): string {
  return id.length <= 16 ? id : `${id.slice(0, 8)}…${id.slice(-6)}`
}

export function TransactionLink({
  infohash,
  whole = false,
}: {
  readonly infohash: Infohash
  readonly whole?: boolean
}) {
  return (
    <Link className="id" to="/tx/$infohash" params={{ infohash }} title={infohash}>
      {whole ? infohash : short(infohash)}
    </Link>
  )
}

export function BlockLink({ id, whole = false }: { readonly id: Hash; readonly whole?: boolean }) {
  return (
    <Link className="id" to="/block/$id" params={{ id }} title={id}>
      {whole ? id : short(id)}
    </Link>
  )
}

export function AddressLink({ owner, whole = false }: { readonly owner: Address; readonly whole?: boolean }) {
  const text = checksumAddress(owner)
  return (
    <Link className="id" to="/address/$owner" params={{ owner: text }} title={text}>
      {whole ? text : short(text)}
    </Link>
  )
}

/** `label` where it is not plain what is copied. */
export function CopyButton({ text, label }: { readonly text: string; readonly label?: string }) {
  const { misc } = useWords()
  const [isCopied, setCopied] = useState(false)
  const copy = async () => {
    await navigator.clipboard.writeText(text)
    setCopied(true)
    setTimeout(() => setCopied(false), SHOWN_MS)
  }
  return (
    <button type="button" className="quiet" onClick={() => void copy()}>
      {isCopied ? misc.copied : (label ?? misc.copy)}
    </button>
  )
}
