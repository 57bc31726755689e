// SPDX-License-Identifier: MIT
// A table over the kinds of steps, which does not compile while a kind is missing in it.
pragma solidity 0.8.37;

/// @notice One byte for each kind of step, by its number from 0, the kind that has no shape. A new kind makes this type a byte wider, and the
/// compiler then names each table that has no answer for it yet. Whoever forgets that has added a kind without a shape.
type PerKind is bytes6;

using {ofKind} for PerKind global;

/// @notice What the table has of a kind; 0 of all other numbers.
function ofKind(PerKind table, uint256 kind) pure returns (uint256 answer) {
    // Safe: touches nothing but the stack.
    assembly ("memory-safe") {
        answer := byte(kind, table)
    }
}
