// SPDX-License-Identifier: MIT
// Blobs of EIP-4844: which ones a transaction carries, how a block names them, and what one of their field elements is.
pragma solidity 0.8.37;

import {IBlobs} from "../interfaces/IBlobs.sol";

/// @title Blobs
/// @notice docs/protocol.md, section 5.2. Elements are numbered through all blobs of a block, 4,096 in each.
library Blob {
    uint256 internal constant ELEMENTS = 4096;
    uint256 internal constant MAX_BLOBS = 6;

    /// @dev Of the scalar field of BLS12-381.
    uint256 private constant MODULUS = 0x73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001;

    /// @dev The hash of a blob of zeros, whose commitment, and every proof about it, is the point at infinity: 0xc0 and 47 zeros.
    bytes32 private constant ZERO_HASH = 0x010657f37554c781402a22917dee2f75def7ab966d7b770905398eba3c444014;
    /// @dev Four times what the precompile costs. With this, the largest proof takes a third of what a transaction may.
    uint256 private constant MOST_OPENING_GAS = 200_000;

    /// @notice Reverts unless `opener`, which is 0x0a but in tests, can be asked for elements of blobs, at a price that a proof can pay. It is asked about
    /// a blob of zeros. Else rows could be posted about which nobody could prove anything, should a later fork change that precompile.
    function checkOpener(address opener) internal view {
        bool answers;
        // Safe: writes 192 bytes behind the free memory pointer, and reads what the precompile has written there if it returned 64 bytes.
        assembly ("memory-safe") {
            let free := mload(0x40)
            calldatacopy(free, calldatasize(), 192)
            mstore(free, ZERO_HASH)
            mstore8(add(free, 96), 0xc0)
            mstore8(add(free, 144), 0xc0)
            answers := staticcall(MOST_OPENING_GAS, opener, free, 192, free, 64)
            answers := and(answers, eq(returndatasize(), 64))
            answers := and(answers, and(eq(mload(free), ELEMENTS), eq(mload(add(free, 32)), MODULUS)))
        }
        if (!answers) revert IBlobs.NoOpener();
    }

    /// @notice The hashes of all blobs of this transaction, which are 1 to 6. Every call in it sees the same ones.
    function ofTransaction() internal view returns (bytes32[] memory hashes) {
        uint256 count;
        // At most 7 rounds.
        while (count <= MAX_BLOBS && blobhash(count) != 0) ++count;
        if (count == 0 || count > MAX_BLOBS) revert IBlobs.BadBlobs(count);
        hashes = new bytes32[](count);
        for (uint256 i = 0; i < count; ++i) hashes[i] = blobhash(i);
    }

    /// @notice keccak(0x02 ‖ hashes): what a header states as the trace of a block whose rows are in these blobs.
    /// @dev A leaf of a trace in calldata begins with 0x00, an inner node with 0x01.
    function traceRootOf(bytes32[] memory hashes) internal pure returns (bytes32) {
        if (hashes.length == 0 || hashes.length > MAX_BLOBS) revert IBlobs.BadBlobs(hashes.length);
        for (uint256 i = 0; i < hashes.length; ++i) {
            if (hashes[i][0] != 0x01) revert IBlobs.BadBlobs(hashes.length);
        }
        return keccak256(abi.encodePacked(uint8(2), hashes));
    }

    /// @notice Reverts with `BadOpening` unless an element of these blobs has this value. Anything but the precompile's one answer
    /// is a revert: wrong openings, too little gas, a chain without it.
    /// @dev All gas is offered, so that no price of a later fork is built in: a wrong opening costs its sender all but 1/64 of it.
    /// @param element below 4,096 times the number of hashes
    /// @param value all 32 bytes of the element
    /// @param opening commitment(48) ‖ proof(48)
    function check(bytes32[] calldata hashes, uint256 element, uint256 value, bytes calldata opening) internal view {
        bytes32 hash = hashes[element / ELEMENTS];
        uint256 point = pointOf(element % ELEMENTS);
        bool isRight = opening.length == 96;
        // Safe: writes 192 bytes behind the free memory pointer. What is read there afterwards was written by the precompile if it
        // returned 64 bytes, and does not count otherwise. A call that ran out of gas, which leaves 1/64 to go on, has failed.
        assembly ("memory-safe") {
            let free := mload(0x40)
            mstore(free, hash)
            mstore(add(free, 32), point)
            mstore(add(free, 64), value)
            calldatacopy(add(free, 96), opening.offset, 96)
            isRight := and(isRight, staticcall(gas(), 0x0a, free, 192, free, 64))
            isRight := and(isRight, eq(returndatasize(), 64))
            isRight := and(isRight, and(eq(mload(free), ELEMENTS), eq(mload(add(free, 32)), MODULUS)))
        }
        if (!isRight) revert IBlobs.BadOpening(element);
    }

    /// @notice Where the polynomial of a blob has the value of the element at `place`, which is below 4,096.
    /// @dev A blob lists its values in bit-reversed order: bit j of the place is bit 11 - j of the exponent of the root of unity, so
    /// the point is the product of the primitive roots of order 2^(j + 1) of all bits that are set, and nothing has to be reversed.
    function pointOf(uint256 place) internal pure returns (uint256 point) {
        point = 1;
        // Safe: works on the stack alone.
        assembly ("memory-safe") {
            let modulus := MODULUS
            if and(place, 1) { point := mulmod(point, 0x73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000000, modulus) }
            if and(place, 2) { point := mulmod(point, 0x00000000000000008d51ccce760304d0ec030002760300000001000000000000, modulus) }
            if and(place, 4) { point := mulmod(point, 0x345766f603fa66e78c0625cd70d77ce2b38b21c28713b7007228fd3397743f7a, modulus) }
            if and(place, 8) { point := mulmod(point, 0x20b1ce9140267af9dd1c0af834cec32c17beb312f20b6f7653ea61d87742bcce, modulus) }
            if and(place, 16) { point := mulmod(point, 0x50e0903a157988bab4bcd40e22f55448bf6e88fb4c38fb8a360c60997369df4e, modulus) }
            if and(place, 32) { point := mulmod(point, 0x45af6345ec055e4d14a1e27164d8fdbd2d967f4be2f951558140d032f0a9ee53, modulus) }
            if and(place, 64) { point := mulmod(point, 0x6898111413588742b7c68b4d7fdd60d098d0caac87f5713c5130c2c1660125be, modulus) }
            if and(place, 128) { point := mulmod(point, 0x4f9b4098e2e9f12e6b368121ac0cf4ad0a0865a899e8deff4935bd2f817f694b, modulus) }
            if and(place, 256) { point := mulmod(point, 0x095166525526a65439feec240d80689fd697168a3a6000fe4541b8ff2ee0434e, modulus) }
            if and(place, 512) { point := mulmod(point, 0x325db5c3debf77a18f4de02c0f776af3ea437f9626fc085e3c28d666a5c2d854, modulus) }
            if and(place, 1024) { point := mulmod(point, 0x6d031f1b5c49c83409f1ca610a08f16655ea6811be9c622d4a838b5d59cd79e5, modulus) }
            if and(place, 2048) { point := mulmod(point, 0x564c0a11a0f704f4fc3e8acfe0f8245f0ad1347b378fbf96e206da11a5d36306, modulus) }
        }
    }
}
