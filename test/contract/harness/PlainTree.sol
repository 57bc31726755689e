// SPDX-License-Identifier: MIT
// A state as a list of entries, with the root and the openings that the plain rules of docs/protocol.md, section 3, give it.
pragma solidity 0.8.37;

abstract contract PlainTree {
    bytes32[] internal keys;
    mapping(bytes32 key => uint256) internal values;

    /// @dev Gives an entry a value; it is deleted by 0.
    function _write(bytes32 key, uint256 value) internal {
        if (values[key] == 0 && value != 0) keys.push(key);
        values[key] = value;
        if (value != 0) return;
        for (uint256 i = 0; i < keys.length; i++) {
            if (keys[i] != key) continue;
            keys[i] = keys[keys.length - 1];
            keys.pop();
            return;
        }
    }

    function _root() internal view returns (bytes32) {
        return _rootOf(0, keys);
    }

    /// @dev The opening of `key`, with the preimage of its last sibling if it is then deleted.
    function _opening(bytes32 key, bool deleted) internal view returns (bytes memory) {
        bytes32[] memory all = keys;
        bytes32[] memory other = new bytes32[](0);
        bytes memory siblings;
        uint256 depth;
        for (; all.length > 1; depth++) {
            uint256 side = (uint256(key) >> (255 - depth)) & 1;
            other = _half(all, depth, 1 - side);
            siblings = bytes.concat(siblings, _rootOf(depth + 1, other));
            all = _half(all, depth, side);
        }
        bytes memory opening = bytes.concat(bytes1(uint8(depth)), siblings, _node(all));
        if (!deleted || depth == 0) return opening;
        if (other.length == 1) return bytes.concat(opening, _node(other));
        bytes32 left = _rootOf(depth + 1, _half(other, depth, 0));
        return bytes.concat(opening, bytes1(uint8(2)), left, _rootOf(depth + 1, _half(other, depth, 1)));
    }

    /// @dev The subtree at `depth` that has these entries.
    function _rootOf(uint256 depth, bytes32[] memory all) private view returns (bytes32) {
        if (all.length == 0) return 0;
        if (all.length == 1) return keccak256(abi.encodePacked(uint8(0), all[0], uint128(values[all[0]])));
        bytes32 left = _rootOf(depth + 1, _half(all, depth, 0));
        return keccak256(abi.encodePacked(uint8(1), left, _rootOf(depth + 1, _half(all, depth, 1))));
    }

    /// @dev Those of `all` whose bit `depth` is `side`.
    function _half(bytes32[] memory all, uint256 depth, uint256 side) private pure returns (bytes32[] memory half) {
        half = new bytes32[](all.length);
        uint256 count;
        for (uint256 i = 0; i < all.length; i++) {
            if ((uint256(all[i]) >> (255 - depth)) & 1 == side) half[count++] = all[i];
        }
        assembly ("memory-safe") {
            mstore(half, count)
        }
    }

    function _node(bytes32[] memory all) private view returns (bytes memory) {
        if (all.length == 0) return hex"00";
        return abi.encodePacked(uint8(1), all[0], uint128(values[all[0]]));
    }
}
