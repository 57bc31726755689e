// SPDX-License-Identifier: MIT
// Packed steps: which bytes have the shape of one, how long it is, and what it says.
pragma solidity 0.8.37;

/// @title Packed steps and packed transactions
/// @notice The decoder is total: `sizeAt` answers 0 for bytes that have no shape and nothing here ever reverts.
/// @dev Layouts: docs/protocol.md, sections 2.6 and 4. All readers but `sizeAt` expect a step that has a shape at `offset`,
/// and give garbage, never a revert, where there is none. Readers of a packed transaction expect one as `transaction` gives it.
library Step {
    uint256 internal constant DEPOSIT = 1;
    uint256 internal constant APPLIED = 2;
    uint256 internal constant VOID = 3;
    uint256 internal constant TRANSACTION = 4;

    uint256 internal constant MAX_MEMO = 140;
    uint256 internal constant MAX_PREV = 8;

    /// @notice The length in bytes of the step that begins at `offset`, or 0 if the bytes there have no shape.
    function sizeAt(bytes calldata steps, uint256 offset) internal pure returns (uint256 size) {
        // Safe: reads calldata only; what it reads behind the end of `steps` makes no size that still fits into `steps`,
        // because each size is above the number of bytes that decided on it. No sum can overflow once offset < length.
        assembly ("memory-safe") {
            if lt(offset, steps.length) {
                let word := calldataload(add(steps.offset, offset))
                let kind := byte(0, word)
                switch and(kind, 1)
                case 1 {
                    // Deposit 37 bytes, void 41.
                    if lt(kind, 4) { size := add(35, shl(1, kind)) }
                }
                default {
                    // Transaction 108 bytes and applied 116, then `prev` and memo.
                    let transaction := 1
                    let valid := eq(kind, TRANSACTION)
                    if eq(kind, APPLIED) {
                        transaction := 9
                        valid := 1
                    }
                    let flags := byte(transaction, word)
                    let memoLength := byte(add(transaction, 1), word)
                    if and(valid, and(lt(flags, 32), lt(memoLength, add(MAX_MEMO, 1)))) {
                        size := add(add(transaction, 127), add(mul(20, and(flags, 7)), memoLength))
                    }
                }
                if gt(size, sub(steps.length, offset)) { size := 0 }
            }
        }
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
