// SPDX-License-Identifier: MIT
// What a sender signs: flat EIP-712 typed data, hashed from the packed form.
pragma solidity 0.8.37;

import {IBridge} from "../interfaces/IBridge.sol";
import {Packed} from "./Packed.sol";
import {Rules} from "../types/Rules.sol";

/// @title EIP-712 hash and sender of a transaction
/// @dev Types: docs/protocol.md, section 2.2.
library TypedData {
    /// @dev keccak256("Transaction(address to,uint256 tokens,string memo,uint256 bridgeChain,address bridgeTo,uint256 time,bytes20[] prev)")
    bytes32 internal constant TRANSACTION_TYPE = 0x177c41b8c839ef84a7a046edc0495b8b99f3bec9c964ce2cbc9e19402c986917;
    /// @dev keccak256(abi.encode(keccak256("EIP712Domain(string name,string version)"), keccak256("TorrentTX"), keccak256("1")))
    bytes32 internal constant DOMAIN_SEPARATOR = 0x58cf4c9a3790db1a96703e4e7701a9604258e3f684a4067dc61a5385d942ccac;

    /// @dev Half of the order of secp256k1, rounded down: no valid s lies above it.
    uint256 private constant HALF_ORDER = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0;

    /// @dev keccak256("recovery"), signed by the private key keccak256("account recovery").
    bytes32 private constant KNOWN_DIGEST = 0x4ec4322fc67aee97be4667bed765ac45a4add65c3f046934bdccaa50d6d7d05f;
    bytes32 private constant KNOWN_R = 0x39b924efabc2e86462d6ae542ac88175917324ab82cf7a0541207ea8e683e298;
    bytes32 private constant KNOWN_S = 0x4aefc0db5b0028e2c47e4a0334c3059373dfbdb96370859013eb35da10dd8343;
    address private constant KNOWN_SIGNER = 0xaf626e167344D373c395E5467a775604C64d087F;

    /// @notice The digest that the sender of a transfer or request signs.
    /// @param packed the packed transaction; it has a shape
    function digest(Rules memory rules, bytes calldata packed) internal pure returns (bytes32 value) {
        bytes32 prevHash = _prevHash(packed);
        bytes calldata memo = Packed.memo(packed);
        uint256 tokens = Packed.tokens(packed);
        uint256 time = Packed.time(packed);
        address to = Packed.payee(packed);
        uint256 chain;
        address bridgeTo;
        if (Packed.isRequest(packed)) {
            (chain, bridgeTo, to) = (rules.chain, to, rules.bridge);
        }
        // Safe: writes only behind the free memory pointer; all values on the stack were cleaned by their readers.
        assembly ("memory-safe") {
            let free := mload(0x40)
            calldatacopy(free, memo.offset, memo.length)
            let memoHash := keccak256(free, memo.length)
            mstore(free, TRANSACTION_TYPE)
            mstore(add(free, 32), to)
            mstore(add(free, 64), tokens)
            mstore(add(free, 96), memoHash)
            mstore(add(free, 128), chain)
            mstore(add(free, 160), bridgeTo)
            mstore(add(free, 192), time)
            mstore(add(free, 224), prevHash)
            let structHash := keccak256(free, 256)
            mstore(free, shl(240, 0x1901))
            mstore(add(free, 2), DOMAIN_SEPARATOR)
            mstore(add(free, 34), structHash)
            value := keccak256(free, 66)
        }
    }

    /// @notice The sender of a transfer or request, or zero if its signature is not one.
    /// @dev Ranges as in EIP-2; `ecrecover` itself returns zero for an r that is not a point, or not below the order.
    /// @param packed the packed transaction; it has a shape
    function sender(Rules memory rules, bytes calldata packed) internal pure returns (address) {
        uint256 s = Packed.s(packed);
        if (s > HALF_ORDER) return address(0);
        return ecrecover(digest(rules, packed), uint8(Packed.v(packed)), bytes32(Packed.r(packed)), bytes32(s));
    }

    /// @notice Reverts unless signatures can be recovered on this chain at all: one that does not know the precompile `0x01`, or not any more,
    /// recovers nobody from the best of them, and right blocks would be refuted.
    function checkRecovery() internal pure {
        if (ecrecover(KNOWN_DIGEST, 27, KNOWN_R, KNOWN_S) != KNOWN_SIGNER) revert IBridge.NoRecovery();
    }

    /// @dev Hash of an array of bytes20: each element fills a word from the left.
    function _prevHash(bytes calldata packed) private pure returns (bytes32 value) {
        uint256 count = Packed.prevCount(packed);
        uint256 free;
        // Safe: only reads the free memory pointer.
        assembly ("memory-safe") {
            free := mload(0x40)
        }
        for (uint256 i = 0; i < count; i++) {
            bytes20 prev = Packed.prev(packed, i);
            // Safe: at most 8 words behind the free memory pointer; nothing in this loop allocates.
            assembly ("memory-safe") {
                mstore(add(free, shl(5, i)), prev)
            }
        }
        // Safe: reads what the loop wrote.
        assembly ("memory-safe") {
            value := keccak256(free, shl(5, count))
        }
    }
}
