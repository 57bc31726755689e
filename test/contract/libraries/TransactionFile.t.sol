// SPDX-License-Identifier: MIT
// Fuzz tests of what is written from the packed form: the file, the typed data, against plain concatenation and `abi.encode`.
pragma solidity 0.8.37;

import {Strings} from "@openzeppelin/contracts/utils/Strings.sol";
import {TransactionFile} from "../../../contracts/libraries/TransactionFile.sol";
import {TypedData} from "../../../contracts/libraries/TypedData.sol";
import {Rules} from "../../../contracts/types/Rules.sol";
import {ApplyHarness} from "../harness/ApplyHarness.sol";

contract TransactionFileTest {
    struct Fields {
        bool request;
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

    ApplyHarness private immutable harness = new ApplyHarness();

    function testConstantsAreTheHashesOfTheirTexts() external pure {
        require(TypedData.TRANSACTION_TYPE == keccak256(bytes(TYPE)), "type");
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
        require(keccak256(harness.writeDeposit(rules, index, to, credit)) == keccak256(wanted), "file");
    }

    function testFuzzDigestIsThatOfAbiEncode(Rules memory rules, Fields memory fields) external view {
        (bytes memory packed, bytes20[] memory prev, bytes memory memo) = _pack(fields);
        bytes32 structHash = keccak256(
            abi.encode(
                keccak256(bytes(TYPE)),
                fields.request ? rules.bridge : fields.payee,
                fields.tokens,
                keccak256(memo),
                fields.request ? rules.chain : 0,
                fields.request ? fields.payee : address(0),
                fields.time,
                keccak256(abi.encodePacked(prev))
            )
        );
        bytes32 wanted = keccak256(abi.encodePacked(hex"1901", TypedData.DOMAIN_SEPARATOR, structHash));
        require(harness.digestOf(rules, packed) == wanted, "digest");
        address sender = fields.s > 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0
            ? address(0)
            : ecrecover(wanted, fields.odd ? 28 : 27, bytes32(fields.r), bytes32(fields.s));
        require(harness.senderOf(rules, packed) == sender, "sender");
    }

    /// @dev Cuts the fields to what they may be, and packs them. Half of the signatures have a low s, most of the others not.
    function _pack(Fields memory fields)
        private
        pure
        returns (bytes memory packed, bytes20[] memory prev, bytes memory memo)
    {
        fields.count = fields.count % 8 + 1;
        fields.memoLength %= 141;
        if (fields.odd) fields.s >>= 1;
        prev = new bytes20[](fields.count);
        for (uint256 i = 0; i < prev.length; i++) prev[i] = bytes20(keccak256(abi.encode(fields.seed, i)));
        memo = new bytes(fields.memoLength);
        for (uint256 i = 0; i < memo.length; i++) memo[i] = keccak256(abi.encode(i, fields.seed))[0];
        uint8 flags = fields.count - 1 | (fields.odd ? 8 : 0) | (fields.request ? 16 : 0);
        packed = abi.encodePacked(
            flags, fields.memoLength, fields.time, fields.r, fields.s, fields.payee, fields.tokens
        );
        for (uint256 i = 0; i < prev.length; i++) packed = bytes.concat(packed, prev[i]);
        packed = bytes.concat(packed, memo);
    }

    function _plainFile(
        Rules memory rules, address sender, Fields memory fields, bytes20[] memory prev, bytes memory memo
    ) private pure returns (bytes memory file) {
        file = "{";
        if (fields.request) {
            string memory chain = Strings.toString(rules.chain);
            file = abi.encodePacked(file, '"bridge":{"chain":"', chain, '","to":"', _hex(fields.payee), '"},');
        }
        file = abi.encodePacked(file, '"from":"', _hex(sender), '"');
        if (memo.length != 0) file = abi.encodePacked(file, ',"memo":"', memo, '"');
        file = abi.encodePacked(file, ',"prev":[');
        for (uint256 i = 0; i < prev.length; i++) {
            bytes memory digits = bytes(Strings.toHexString(uint160(prev[i]), 20));
            file = abi.encodePacked(file, i == 0 ? '"' : ',"');
            for (uint256 j = 2; j < 42; j++) file = bytes.concat(file, digits[j]);
            file = abi.encodePacked(file, '"');
        }
        bytes memory signature = abi.encodePacked(fields.r, fields.s, fields.odd ? uint8(28) : uint8(27));
        file = abi.encodePacked(file, '],"signature":"', Strings.toHexString(signature), '","time":');
        file = abi.encodePacked(file, Strings.toString(fields.time), ',"to":"');
        file = abi.encodePacked(file, _hex(fields.request ? rules.bridge : fields.payee), '","tokens":"');
        return abi.encodePacked(file, Strings.toString(fields.tokens), '"}');
    }

    function _hex(address account) private pure returns (string memory) {
        return Strings.toHexString(account);
    }
}
