// SPDX-License-Identifier: MIT
// Fuzz tests of what is written from the packed form: the file, the typed data, against plain concatenation and `abi.encode`.
pragma solidity 0.8.37;

import {Strings} from "@openzeppelin/contracts/utils/Strings.sol";
import {TransactionFile} from "../../../contracts/libraries/TransactionFile.sol";
import {TypedData} from "../../../contracts/libraries/TypedData.sol";
import {Rules} from "../../../contracts/types/Rules.sol";
import {ApplyHarness} from "../harness/ApplyHarness.sol";

contract TransactionFileTest {
    /// @param form 0 a transfer, 1 a request, 2 and 3 the same of an asset that was entered, 4 one that was issued, 5 an issuance
    struct Fields {
        uint8 form;
        bytes20 asset;
        bool odd;
        uint40 time;
        uint256 r;
        uint256 s;
        address payee;
        uint128 tokens;
        uint8 count;
        bytes32 seed;
        uint8 memoLength;
    }

    string private constant TYPE =
        "Transaction(address to,uint256 tokens,string memo,uint256 bridgeChain,address bridgeTo,uint256 time,bytes20[] prev)";

    string private constant ASSET_TYPE =
        "AssetTransaction(address to,uint256 tokens,uint256 assetKind,bytes20 asset,string memo,uint256 bridgeChain,address bridgeTo,uint256 time,bytes20[] prev)";
    string private constant ISSUANCE_TYPE = "Issuance(address to,uint256 issued,string memo,uint256 time,bytes20[] prev)";

    ApplyHarness private immutable harness = new ApplyHarness();

    function testConstantsAreTheHashesOfTheirTexts() external pure {
        require(TypedData.TRANSACTION_TYPE == keccak256(bytes(TYPE)), "type");
        require(TypedData.ASSET_TYPE == keccak256(bytes(ASSET_TYPE)), "asset type");
        require(TypedData.ISSUANCE_TYPE == keccak256(bytes(ISSUANCE_TYPE)), "issuance type");
        bytes32 domainType = keccak256("EIP712Domain(string name,string version)");
        bytes32 separator = keccak256(abi.encode(domainType, keccak256("TorrentTX"), keccak256("1")));
        require(TypedData.DOMAIN_SEPARATOR == separator, "domain");
    }

    function testFuzzFileIsThatOfPlainConcatenation(Rules memory rules, address sender, Fields memory fields)
        external
        view
    {
        (bytes memory packed, bytes20[] memory prev, bytes memory memo) = _pack(fields);
        bytes memory file = harness.write(rules, sender, packed);
        require(file.length <= TransactionFile.MAX_FILE, "too long");
        require(keccak256(file) == keccak256(_plainFile(rules, sender, fields, prev, memo)), "file");
    }

    function testFuzzDepositFileIsThatOfPlainConcatenation(Rules memory rules, uint64 index, address to, uint128 credit)
        external
        view
    {
        bytes memory wanted = abi.encodePacked(
            '{"deposit":{"bridge":"', _hex(rules.bridge), '","chain":"', Strings.toString(rules.chain), '","index":"',
            Strings.toString(index), '"},"prev":null,"to":"', _hex(to), '","tokens":"', Strings.toString(credit), '"}'
        );
        require(keccak256(harness.writeDeposit(rules, index, 0, 0, to, credit)) == keccak256(wanted), "file");
    }

    function testFuzzFileOfAnEntryIsThatOfPlainConcatenation(
        Rules memory rules, uint64 index, address asset, address to, uint128 credit
    ) external view {
        bytes memory wanted = abi.encodePacked('{"deposit":{"asset":"', _hex(asset), '","bridge":"', _hex(rules.bridge));
        wanted = abi.encodePacked(wanted, '","chain":"', Strings.toString(rules.chain), '","index":"', Strings.toString(index));
        wanted = abi.encodePacked(wanted, '"},"prev":null,"to":"', _hex(to), '","tokens":"', Strings.toString(credit), '"}');
        bytes memory file = harness.writeDeposit(rules, index, 2, bytes20(asset), to, credit);
        require(keccak256(file) == keccak256(wanted), "file");
    }

    function testFuzzDigestIsThatOfAbiEncode(Rules memory rules, Fields memory fields) external view {
        (bytes memory packed, bytes20[] memory prev, bytes memory memo) = _pack(fields);
        bytes32 structHash = _structHash(rules, fields, keccak256(abi.encodePacked(prev)), keccak256(memo));
        bytes32 wanted = keccak256(abi.encodePacked(hex"1901", TypedData.DOMAIN_SEPARATOR, structHash));
        require(harness.digestOf(rules, packed) == wanted, "digest");
        address sender = fields.s > 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0
            ? address(0)
            : ecrecover(wanted, fields.odd ? 28 : 27, bytes32(fields.r), bytes32(fields.s));
        require(harness.senderOf(rules, packed) == sender, "sender");
    }

    function _structHash(Rules memory rules, Fields memory fields, bytes32 prevHash, bytes32 memoHash)
        private
        pure
        returns (bytes32)
    {
        bool request = _isRequest(fields);
        address to = request ? rules.bridge : fields.payee;
        uint256 chain = request ? rules.chain : 0;
        address bridgeTo = request ? fields.payee : address(0);
        if (fields.form == 5) {
            bytes32 kind = keccak256(bytes(ISSUANCE_TYPE));
            return keccak256(abi.encode(kind, to, fields.tokens, memoHash, fields.time, prevHash));
        }
        if (fields.form < 2) {
            bytes32 kind = keccak256(bytes(TYPE));
            return keccak256(abi.encode(kind, to, fields.tokens, memoHash, chain, bridgeTo, fields.time, prevHash));
        }
        bytes memory head = abi.encode(keccak256(bytes(ASSET_TYPE)), to, fields.tokens, _kind(fields), fields.asset);
        return keccak256(bytes.concat(head, abi.encode(memoHash, chain, bridgeTo, fields.time, prevHash)));
    }

    function _isRequest(Fields memory fields) private pure returns (bool) {
        return fields.form == 1 || fields.form == 3;
    }

    /// @dev Of its asset, 0 for TTX.
    function _kind(Fields memory fields) private pure returns (uint8) {
        if (fields.form == 4) return 3;
        return fields.form == 2 || fields.form == 3 ? 2 : 0;
    }

    /// @dev Cuts the fields to what they may be, and packs them. Half of the signatures have a low s, most of the others not.
    function _pack(Fields memory fields)
        private
        pure
        returns (bytes memory packed, bytes20[] memory prev, bytes memory memo)
    {
        fields.form %= 6;
        fields.count = fields.count % 8 + 1;
        fields.memoLength %= 141;
        if (fields.odd) fields.s >>= 1;
        prev = new bytes20[](fields.count);
        for (uint256 i = 0; i < prev.length; i++) prev[i] = bytes20(keccak256(abi.encode(fields.seed, i)));
        memo = new bytes(fields.memoLength);
        for (uint256 i = 0; i < memo.length; i++) memo[i] = keccak256(abi.encode(i, fields.seed))[0];
        uint8 flags = fields.count - 1 | (fields.odd ? 8 : 0) | (_isRequest(fields) ? 16 : 0);
        flags |= (_kind(fields) != 0 ? 32 : 0) | (fields.form == 5 ? 64 : 0);
        packed = abi.encodePacked(
            flags, fields.memoLength, fields.time, fields.r, fields.s, fields.payee, fields.tokens
        );
        if (_kind(fields) != 0) packed = abi.encodePacked(packed, _kind(fields), fields.asset);
        for (uint256 i = 0; i < prev.length; i++) packed = bytes.concat(packed, prev[i]);
        packed = bytes.concat(packed, memo);
    }

    function _plainFile(
        Rules memory rules, address sender, Fields memory fields, bytes20[] memory prev, bytes memory memo
    ) private pure returns (bytes memory file) {
        file = "{";
        string memory asset = _hex(address(fields.asset));
        if (_kind(fields) == 2) file = abi.encodePacked(file, '"asset":"', asset, '",');
        if (_kind(fields) == 3) file = abi.encodePacked(file, '"asset":"', _digits(fields.asset), '",');
        if (_isRequest(fields)) {
            string memory chain = Strings.toString(rules.chain);
            file = abi.encodePacked(file, '"bridge":{"chain":"', chain, '","to":"', _hex(fields.payee), '"},');
        }
        file = abi.encodePacked(file, '"from":"', _hex(sender), '"');
        if (fields.form == 5) file = abi.encodePacked(file, ',"issued":"', Strings.toString(fields.tokens), '"');
        if (memo.length != 0) file = abi.encodePacked(file, ',"memo":"', memo, '"');
        file = abi.encodePacked(file, ',"prev":[');
        for (uint256 i = 0; i < prev.length; i++) {
            file = abi.encodePacked(file, i == 0 ? '"' : ',"', _digits(prev[i]), '"');
        }
        bytes memory signature = abi.encodePacked(fields.r, fields.s, fields.odd ? uint8(28) : uint8(27));
        file = abi.encodePacked(file, '],"signature":"', Strings.toHexString(signature), '","time":');
        file = abi.encodePacked(file, Strings.toString(fields.time), ',"to":"');
        file = abi.encodePacked(file, _hex(_isRequest(fields) ? rules.bridge : fields.payee));
        if (fields.form == 5) return abi.encodePacked(file, '"}');
        file = abi.encodePacked(file, '","tokens":"');
        return abi.encodePacked(file, Strings.toString(fields.tokens), '"}');
    }

    /// @dev Without 0x.
    function _digits(bytes20 infohash) private pure returns (bytes memory digits) {
        bytes memory text = bytes(Strings.toHexString(uint160(infohash), 20));
        for (uint256 j = 2; j < 42; j++) digits = bytes.concat(digits, text[j]);
    }

    function _hex(address account) private pure returns (string memory) {
        return Strings.toHexString(account);
    }
}
