// SPDX-License-Identifier: MIT
// Packed steps: which bytes have the shape of one, how long it is, and what it says.
pragma solidity 0.8.37;

import {Packed} from "./Packed.sol";

/// @title Packed steps
/// @notice The decoder is total: `sizeAt` answers 0 for bytes that have no shape and nothing here ever reverts.
/// @dev Layouts: docs/protocol.md, sections 2.6 and 4. All readers but `sizeAt` expect a step that has a shape at `offset`,
/// and give garbage, never a revert, where there is none.
library Step {
    uint256 internal constant DEPOSIT = 1;
    uint256 internal constant APPLIED = 2;
    uint256 internal constant VOID = 3;
    uint256 internal constant TRANSACTION = 4;

    /// @notice The length in bytes of the step that begins at `offset`, or 0 if the bytes there have no shape.
    function sizeAt(bytes calldata steps, uint256 offset) internal pure returns (uint256 size) {
        if (offset >= steps.length) return 0;
        uint256 left;
        uint256 first = kindAt(steps, offset);
        // Safe: offset < length, so neither the difference underflows nor a sum of it and a size below 1,000 overflows.
        unchecked {
            left = steps.length - offset;
            if (first == TRANSACTION) {
                size = Packed.sizeAt(steps, offset + 1);
                return size == 0 ? 0 : size + 1;
            }
            if (first == APPLIED) {
                size = Packed.sizeAt(steps, offset + 9);
                return size == 0 ? 0 : size + 9;
            }
        }
        if (first == DEPOSIT) size = 37;
        else if (first == VOID) size = 41;
        if (size > left) size = 0;
    }

    /// @notice The kind of the step: 1 to 4 where it has a shape.
    function kindAt(bytes calldata steps, uint256 offset) internal pure returns (uint256 value) {
        // Safe: reads calldata only.
        assembly ("memory-safe") {
            value := byte(0, calldataload(add(steps.offset, offset)))
        }
    }

    /// @notice Whether the step is an applied or ordinary transaction that asks for wTTX.
    function isRequestAt(bytes calldata steps, uint256 offset) internal pure returns (bool answer) {
        // Safe: reads calldata only; kinds 2 and 4 are the even ones and have their flags at byte 9 and 1.
        assembly ("memory-safe") {
            let word := calldataload(add(steps.offset, offset))
            let first := byte(0, word)
            answer := and(and(shr(4, byte(add(1, shl(3, eq(first, APPLIED))), word)), 1), iszero(and(first, 1)))
        }
    }

    /// @notice The amount that an applied or ordinary transaction moves, in base units.
    function tokensAt(bytes calldata steps, uint256 offset) internal pure returns (uint256 amount) {
        uint256 position = _transactionAt(steps, offset);
        // Safe: reads calldata only.
        assembly ("memory-safe") {
            amount := shr(128, calldataload(add(steps.offset, add(position, 91))))
        }
    }

    /// @notice The payee of an applied or ordinary transaction; of a request, the recipient on Ethereum.
    function payeeAt(bytes calldata steps, uint256 offset) internal pure returns (address to) {
        uint256 position = _transactionAt(steps, offset);
        // Safe: reads calldata only, and the shift leaves 160 bits.
        assembly ("memory-safe") {
            to := shr(96, calldataload(add(steps.offset, add(position, 71))))
        }
    }

    /// @notice The amount of a deposit before its fee, in base units.
    function depositGrossAt(bytes calldata steps, uint256 offset) internal pure returns (uint256 gross) {
        // Safe: reads calldata only.
        assembly ("memory-safe") {
            gross := shr(128, calldataload(add(steps.offset, add(offset, 1))))
        }
    }

    /// @notice The TTX address that a deposit credits.
    function depositToAt(bytes calldata steps, uint256 offset) internal pure returns (address to) {
        // Safe: reads calldata only, and the shift leaves 160 bits.
        assembly ("memory-safe") {
            to := shr(96, calldataload(add(steps.offset, add(offset, 17))))
        }
    }

    /// @notice The fee that came with a forced transaction (kinds 2 and 3), in gwei.
    function forcedFeeAt(bytes calldata steps, uint256 offset) internal pure returns (uint256 fee) {
        // Safe: reads calldata only.
        assembly ("memory-safe") {
            fee := shr(192, calldataload(add(steps.offset, add(offset, 1))))
        }
    }

    /// @notice The hash of the queue entry that a step of kind 1, 2 or 3 consumes (docs/protocol.md, section 6).
    /// @param size the length of the step as `sizeAt` gives it
    function entryHashAt(bytes calldata steps, uint256 offset, uint256 size) internal pure returns (bytes32 digest) {
        // Safe: writes only behind the free memory pointer, `size` bytes at most.
        assembly ("memory-safe") {
            let free := mload(0x40)
            let start := add(steps.offset, offset)
            switch byte(0, calldataload(start))
            case 1 {
                calldatacopy(free, start, 37)
                digest := keccak256(free, 37)
            }
            default {
                // An applied entry carries the bytes of which a void one carries the hash.
                calldatacopy(free, start, size)
                if eq(byte(0, mload(free)), APPLIED) { mstore(add(free, 9), keccak256(add(free, 9), sub(size, 9))) }
                mstore8(free, 2)
                digest := keccak256(free, 41)
            }
        }
    }

    /// @notice Keccak-256 of the step.
    /// @param size the length of the step as `sizeAt` gives it
    function hashAt(bytes calldata steps, uint256 offset, uint256 size) internal pure returns (bytes32 digest) {
        // Safe: writes only behind the free memory pointer, `size` bytes.
        assembly ("memory-safe") {
            let free := mload(0x40)
            calldatacopy(free, add(steps.offset, offset), size)
            digest := keccak256(free, size)
        }
    }

    /// @dev Where the packed transaction of a step of kind 2 or 4 begins.
    function _transactionAt(bytes calldata steps, uint256 offset) private pure returns (uint256 position) {
        // Safe: reads calldata only.
        assembly ("memory-safe") {
            position := add(offset, add(1, shl(3, eq(byte(0, calldataload(add(steps.offset, offset))), APPLIED))))
        }
    }
}
