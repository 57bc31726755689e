// SPDX-License-Identifier: MIT
// What a sender signs: flat EIP-712 typed data, hashed from the packed form.
pragma solidity 0.8.37;

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

    /// @notice The digest that the sender of a transfer or request signs.
    /// @param packed the packed transaction; it has a shape
    function digest(Rules memory rules, bytes calldata packed) internal pure returns (bytes32) {
        address payee = Packed.payee(packed);
        bool request = Packed.isRequest(packed);
        bytes32 structHash = keccak256(
            abi.encode(
                TRANSACTION_TYPE,
                request ? rules.bridge : payee,
                Packed.tokens(packed),
                keccak256(Packed.memo(packed)),
                request ? rules.chain : 0,
                request ? payee : address(0),
                Packed.time(packed),
                _prevHash(packed)
            )
        );
        return keccak256(abi.encodePacked(hex"1901", DOMAIN_SEPARATOR, structHash));
    }

    /// @notice The sender of a transfer or request, or zero if its signature is not one.
    /// @dev Ranges as in EIP-2; `ecrecover` itself answers zero for an r that is no point, or none below the order.
    /// @param packed the packed transaction; it has a shape
    function sender(Rules memory rules, bytes calldata packed) internal pure returns (address) {
        uint256 s = Packed.s(packed);
        if (s > HALF_ORDER) return address(0);
        return ecrecover(digest(rules, packed), uint8(Packed.v(packed)), bytes32(Packed.r(packed)), bytes32(s));
    }

    /// @dev Hash of an array of bytes20: each element fills a word from the left.
    function _prevHash(bytes calldata packed) private pure returns (bytes32) {
        bytes32[] memory words = new bytes32[](Packed.prevCount(packed));
        for (uint256 i = 0; i < words.length; i++) {
            words[i] = Packed.prev(packed, i);
        }
        return keccak256(abi.encodePacked(words));
    }
}
