// SPDX-License-Identifier: MIT
// What a sender signs: flat EIP-712 typed data, hashed from the packed form.
pragma solidity 0.8.37;

import {IBridge} from "../interfaces/IBridge.sol";
import {Packed} from "./Packed.sol";
import {Asset} from "../types/Asset.sol";
import {Flow} from "../types/Flow.sol";
import {Rules} from "../types/Rules.sol";
import {Signed, Swap} from "../types/Swap.sol";

/// @title EIP-712 hash and sender of a transaction
/// @dev Types: docs/protocol.md, section 2.2.
library TypedData {
    /// @dev keccak256("Transaction(address to,uint256 tokens,string memo,uint256 bridgeChain,address bridgeTo,uint256 time,bytes20[] prev)")
    bytes32 internal constant TRANSACTION_TYPE = 0x177c41b8c839ef84a7a046edc0495b8b99f3bec9c964ce2cbc9e19402c986917;
    /// @dev keccak256("AssetTransaction(address to,uint256 tokens,uint256 assetKind,bytes20 asset,string memo,uint256 bridgeChain,address bridgeTo,uint256 time,bytes20[] prev)")
    bytes32 internal constant ASSET_TYPE = 0xb7a8702e00b8f9d46219ad76988f0d04949c0eb234c43897a179bedcd0061398;
    /// @dev keccak256("Issuance(address to,uint256 issued,string memo,uint256 time,bytes20[] prev)")
    bytes32 internal constant ISSUANCE_TYPE = 0x689faa0c383c2568fe2471000ddba504399e36bc041977dfda567474a1c598ca;
    /// @dev keccak256("Offer(uint256 give,uint256 giveKind,bytes20 giveAsset,uint256 want,uint256 wantKind,bytes20 wantAsset,address taker,uint256 time,bytes20[] prev)")
    bytes32 internal constant OFFER_TYPE = 0xc128aa771f40658ef9cca9251826255595358209845d862af28b882a969ad80f;
    /// @dev keccak256("Take(address maker,uint256 give,uint256 giveKind,bytes20 giveAsset,uint256 want,uint256 wantKind,bytes20 wantAsset,bytes32 offer,string memo,uint256 time,bytes20[] prev)")
    bytes32 internal constant TAKE_TYPE = 0x35abc19f48db0a6032ea54e3d09fdf11fc55b2fe2d3d2c6ce1b032c080e239f8;
    /// @dev keccak256(abi.encode(keccak256("EIP712Domain(string name,string version)"), keccak256("TorrentTX"), keccak256("1")))
    bytes32 internal constant DOMAIN_SEPARATOR = 0x58cf4c9a3790db1a96703e4e7701a9604258e3f684a4067dc61a5385d942ccac;

    /// @dev Half of the order of secp256k1, rounded down: no valid s lies above it.
    uint256 private constant HALF_ORDER = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0;

    /// @dev keccak256("recovery"), signed by the private key keccak256("account recovery").
    bytes32 private constant KNOWN_DIGEST = 0x4ec4322fc67aee97be4667bed765ac45a4add65c3f046934bdccaa50d6d7d05f;
    bytes32 private constant KNOWN_R = 0x39b924efabc2e86462d6ae542ac88175917324ab82cf7a0541207ea8e683e298;
    bytes32 private constant KNOWN_S = 0x4aefc0db5b0028e2c47e4a0334c3059373dfbdb96370859013eb35da10dd8343;
    address private constant KNOWN_SIGNER = 0xaf626e167344D373c395E5467a775604C64d087F;

    /// @notice The digest that the sender of a transfer, a request or an issuance signs.
    /// @param packed the packed transaction; it has a shape
    function digest(Rules memory rules, bytes calldata packed) internal pure returns (bytes32 value) {
        bytes32 prevHash = _prevHash(Packed.prevs(packed), Packed.prevCount(packed));
        bytes32 memoHash = keccak256(Packed.memo(packed));
        bool request = Packed.isRequest(packed);
        bool issues = Packed.isIssuance(packed);
        bool another = Packed.hasAsset(packed);
        uint256 payee = uint160(Packed.payee(packed));
        uint256 begin = _begin();
        uint256 next = _put(begin, uint256(issues ? ISSUANCE_TYPE : another ? ASSET_TYPE : TRANSACTION_TYPE));
        next = _put(next, request ? uint160(rules.bridge) : payee);
        next = _put(next, Packed.tokens(packed));
        if (another) {
            Asset asset = Packed.asset(packed);
            next = _put(_put(next, asset.kindOf()), uint256(bytes32(asset.idOf())));
        }
        next = _put(next, uint256(memoHash));
        if (!issues) next = _put(_put(next, request ? rules.chain : 0), request ? payee : 0);
        next = _put(_put(next, Packed.time(packed)), uint256(prevHash));
        return _conclude(begin, next);
    }

    /// @notice The digest that the maker of an offer signs.
    function offerDigest(Swap memory swap) internal pure returns (bytes32) {
        bytes32 prevHash = _prevHash(swap.give.prevs, swap.give.count);
        uint256 begin = _begin();
        uint256 next = _halves(_put(begin, uint256(OFFER_TYPE)), swap);
        next = _put(_put(next, uint160(swap.taker)), swap.offer.time);
        return _conclude(begin, _put(next, uint256(prevHash)));
    }

    /// @notice The digest that its taker signs: what the offer says, and the offer itself with the signature of its maker.
    function takeDigest(Swap memory swap, bytes calldata memo) internal pure returns (bytes32) {
        bytes32 memoHash = keccak256(memo);
        bytes32 prevHash = _prevHash(swap.want.prevs, swap.want.count);
        uint256 begin = _begin();
        uint256 next = _put(_put(begin, uint256(TAKE_TYPE)), uint160(swap.give.from));
        next = _put(_put(_halves(next, swap), uint256(swap.offerHash)), uint256(memoHash));
        return _conclude(begin, _put(_put(next, swap.take.time), uint256(prevHash)));
    }

    /// @notice Who made a signature, or zero if it is none.
    /// @dev Ranges as in EIP-2; `ecrecover` itself returns zero for an r that is not a point, or not below the order.
    function signer(bytes32 digest_, Signed memory signed) internal pure returns (address) {
        if (uint256(signed.s) > HALF_ORDER) return address(0);
        return ecrecover(digest_, uint8(signed.v), signed.r, signed.s);
    }

    /// @dev What is given and what is wanted, each with its kind and its asset.
    function _halves(uint256 next, Swap memory swap) private pure returns (uint256) {
        return _amount(_amount(next, swap.give), swap.want);
    }

    function _amount(uint256 next, Flow memory flow) private pure returns (uint256) {
        next = _put(_put(next, flow.paid), flow.asset.kindOf());
        return _put(next, uint256(bytes32(flow.asset.idOf())));
    }

    /// @dev Where a struct is written. Nothing may be allocated before the hash is made of it.
    function _begin() private pure returns (uint256 begin) {
        // Safe: only reads the free memory pointer.
        assembly ("memory-safe") {
            begin := mload(0x40)
        }
    }

    /// @dev The digest of the struct that was written from `begin` to `end`.
    function _conclude(uint256 begin, uint256 end) private pure returns (bytes32 value) {
        // Safe: hashes words behind the free memory pointer, and then 66 bytes there.
        assembly ("memory-safe") {
            let structHash := keccak256(begin, sub(end, begin))
            mstore(begin, shl(240, 0x1901))
            mstore(add(begin, 2), DOMAIN_SEPARATOR)
            mstore(add(begin, 34), structHash)
            value := keccak256(begin, 66)
        }
    }

    /// @notice The sender of a transfer, a request or an issuance, or zero if its signature is not one.
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

    /// @dev Writes a word behind the free memory pointer, and gives where the next one goes.
    function _put(uint256 next, uint256 word) private pure returns (uint256) {
        // Safe: 13 words at most are put there, and nothing is allocated meanwhile.
        assembly ("memory-safe") {
            mstore(next, word)
            next := add(next, 32)
        }
        return next;
    }

    /// @dev Hash of an array of bytes20: each element fills a word from the left.
    function _prevHash(uint256 position, uint256 count) private pure returns (bytes32 value) {
        uint256 free;
        // Safe: only reads the free memory pointer.
        assembly ("memory-safe") {
            free := mload(0x40)
        }
        for (uint256 i = 0; i < count; i++) {
            bytes20 prev = Packed.prevAt(position, i);
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
