// SPDX-License-Identifier: MIT
// Packed steps: which bytes have the shape of one, how long it is, and what it says.
pragma solidity 0.8.37;

import {Packed} from "./Packed.sol";
import {Asset} from "../types/Asset.sol";
import {PerKind} from "../types/PerKind.sol";

/// @title Packed steps
/// @notice The decoder is total: `sizeAt` answers 0 for bytes that have no shape and nothing here ever reverts.
/// @dev Layouts: docs/protocol.md, sections 2.6 and 4. All readers but `sizeAt` expect a step that has a shape at `offset`,
/// and give garbage, never a revert, where there is none.
library Step {
    uint256 internal constant DEPOSIT = 1;
    uint256 internal constant APPLIED = 2;
    uint256 internal constant VOID = 3;
    uint256 internal constant TRANSACTION = 4;
    uint256 internal constant ENTERED = 5;

    // All that differs from kind to kind, in the order of their numbers: no shape, deposit, applied, void, transaction, entered.

    /// @notice Bytes of the step; of one that carries a packed transaction those before it.
    PerKind internal constant HEAD = PerKind.wrap(0x00_25_09_29_01_41);
    /// @notice Whether it carries one.
    PerKind internal constant CARRIES = PerKind.wrap(0x00_00_01_00_01_00);
    /// @notice One more than the lane of which it consumes an entry, 0 if of none.
    PerKind internal constant LANE = PerKind.wrap(0x00_01_03_03_00_02);
    /// @notice The first byte of what the hash of that entry is over; the step has the rest, of its transaction the hash.
    PerKind internal constant ENTRY_TAG = PerKind.wrap(0x00_01_02_02_00_05);
    /// @notice Whether it has a deposit's amount of TTX behind its first byte.
    PerKind internal constant CREDITS = PerKind.wrap(0x00_01_00_00_00_00);
    /// @notice Whether it has the fee for its miner there.
    PerKind internal constant HAS_FEE = PerKind.wrap(0x00_00_01_01_00_01);
    /// @notice Whether the head of a block in blobs has entries in this form.
    PerKind internal constant IN_HEAD = PerKind.wrap(0x00_01_00_01_00_01);
    /// @notice What it does to the state: `CREDIT`, `APPLY`, `CREDIT_ASSET`, or 3 for nothing.
    PerKind internal constant EFFECT = PerKind.wrap(0x00_01_02_03_02_04);
    uint256 internal constant CREDIT = 1;
    uint256 internal constant APPLY = 2;
    uint256 internal constant CREDIT_ASSET = 4;

    /// @notice The length in bytes of the step that begins at `offset`, or 0 if the bytes there have no shape.
    function sizeAt(bytes calldata steps, uint256 offset) internal pure returns (uint256 size) {
        if (offset >= steps.length) return 0;
        uint256 kind = kindAt(steps, offset);
        size = HEAD.ofKind(kind);
        // Safe: offset < length, so neither the difference underflows nor a sum of it and a size below 1,000 overflows.
        unchecked {
            if (CARRIES.ofKind(kind) != 0) {
                uint256 packed = Packed.sizeAt(steps, offset + size);
                return packed == 0 ? 0 : size + packed;
            }
            if (size > steps.length - offset) size = 0;
        }
    }

    /// @notice The kind of the step: 1 to 5 where it has a shape.
    function kindAt(bytes calldata steps, uint256 offset) internal pure returns (uint256 value) {
        // Safe: reads calldata only.
        assembly ("memory-safe") {
            value := byte(0, calldataload(add(steps.offset, offset)))
        }
    }

    /// @notice Whether the step is an applied or ordinary transaction that asks for something on Ethereum.
    function isRequestAt(bytes calldata steps, uint256 offset) internal pure returns (bool answer) {
        (PerKind heads, PerKind carriers) = (HEAD, CARRIES);
        // Safe: reads calldata only; the flags are the first byte of the transaction, which is within the word. `byte` is `PerKind.ofKind`.
        assembly ("memory-safe") {
            let word := calldataload(add(steps.offset, offset))
            let kind := byte(0, word)
            answer := and(shr(4, byte(byte(kind, heads), word)), byte(kind, carriers))
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

    /// @notice What an applied or ordinary transaction moves.
    function assetAt(bytes calldata steps, uint256 offset) internal pure returns (Asset) {
        return Packed.assetAt(steps, _transactionAt(steps, offset));
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

    /// @notice The fee that came with a forced transaction or an entry of an asset (kinds 2, 3 and 5), in gwei.
    function queueFeeAt(bytes calldata steps, uint256 offset) internal pure returns (uint256 fee) {
        // Safe: reads calldata only.
        assembly ("memory-safe") {
            fee := shr(192, calldataload(add(steps.offset, add(offset, 1))))
        }
    }

    /// @notice The amount that an entry of an asset credits, in its base units.
    function entryAmountAt(bytes calldata steps, uint256 offset) internal pure returns (uint256 amount) {
        // Safe: reads calldata only.
        assembly ("memory-safe") {
            amount := shr(128, calldataload(add(steps.offset, add(offset, 9))))
        }
    }

    /// @notice The TTX address that an entry of an asset credits.
    function entryToAt(bytes calldata steps, uint256 offset) internal pure returns (address to) {
        // Safe: reads calldata only, and the shift leaves 160 bits.
        assembly ("memory-safe") {
            to := shr(96, calldataload(add(steps.offset, add(offset, 25))))
        }
    }

    /// @notice The contract that entered it.
    function entryAssetAt(bytes calldata steps, uint256 offset) internal pure returns (address asset) {
        // Safe: reads calldata only, and the shift leaves 160 bits.
        assembly ("memory-safe") {
            asset := shr(96, calldataload(add(steps.offset, add(offset, 45))))
        }
    }

    /// @notice The hash of the queue entry that a step of any kind but 4 consumes (docs/protocol.md, section 6).
    /// @param size the length of the step as `sizeAt` gives it
    function entryHashAt(bytes calldata steps, uint256 offset, uint256 size) internal pure returns (bytes32 digest) {
        (PerKind heads, PerKind carriers, PerKind tags) = (HEAD, CARRIES, ENTRY_TAG);
        // Safe: writes only behind the free memory pointer, `size` or `head` and 32 bytes at most.
        assembly ("memory-safe") {
            let free := mload(0x40)
            calldatacopy(free, add(steps.offset, offset), size)
            let kind := byte(0, mload(free))
            let head := byte(kind, heads)
            mstore8(free, byte(kind, tags))
            // An applied entry carries the bytes of which a void one carries the hash.
            if byte(kind, carriers) {
                mstore(add(free, head), keccak256(add(free, head), sub(size, head)))
                head := add(head, 32)
            }
            digest := keccak256(free, head)
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
        // Safe: an offset in calldata, and less than 256.
        unchecked {
            return offset + HEAD.ofKind(kindAt(steps, offset));
        }
    }
}
