// Where no view is.

import { Link } from '@tanstack/react-router'
import { useWords } from '../language/language.tsx'

export function NotFound() {
  const { misc, nav } = useWords()
  return (
    <>
      <h1>{misc.notFound}</h1>
      <p>
        <Link to="/">{nav.home}</Link>
      </p>
    </>
  )
}
