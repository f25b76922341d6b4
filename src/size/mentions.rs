//! Which data the code mentions, read off the instructions that make addresses.
//!
//! Not a disassembler: on x86-64 every mention of data is four bytes that count from the next instruction, behind a byte
//! that says so (Intel SDM volume 2, "RIP-Relative Addressing": `mod` 0, `r/m` 5) and the code of one of the instructions
//! that compilers read data with. Other bytes that look like all of that and lead into a program's data are rare. On
//! AArch64 an address is made by two instructions, `adrp` and one that adds the rest, or by `adr` (Arm ARM, C6.2). Other
//! processors have no mentions here, and their constants no owner.

/// `EM_X86_64` and `EM_AARCH64` of the ELF supplements.
const X86_64: u16 = 62;
const AARCH64: u16 = 183;

/// The code at `from` mentions the address `to`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mention {
    /// Where the instruction is.
    pub from: u64,
    /// What it leads to.
    pub to: u64,
}

/// Hands to `found` what the code `bytes` at `address` might mention.
pub fn mentions(machine: u16, bytes: &[u8], address: u64, found: &mut impl FnMut(Mention)) {
    match machine {
        X86_64 => relative(bytes, address, found),
        AARCH64 => pages(bytes, address, found),
        _ => {}
    }
}

fn relative(bytes: &[u8], address: u64, found: &mut impl FnMut(Mention)) {
    for (at, window) in (0_u64..).zip(bytes.windows(8)) {
        let [before, prefix, code, mod_rm, a, b, c, d] = *window else { continue };
        if mod_rm & 0xc7 == 0x05 && reads_data(before, prefix, code, mod_rm) {
            let from = address.wrapping_add(at + 3);
            let distance = i64::from(i32::from_le_bytes([a, b, c, d]));
            found(Mention { from, to: from.wrapping_add(5).wrapping_add_signed(distance) });
        }
    }
}

/// Whether the operation `code` behind these bytes takes an address or a value of data (Intel SDM volume 2, "Opcode Map").
fn reads_data(before: u8, prefix: u8, code: u8, mod_rm: u8) -> bool {
    // loads of vectors and of small numbers, comparisons with them, arithmetic on them
    let of_vectors = matches!(code, 0x10..=0x17 | 0x28..=0x2f | 0x51..=0x7f | 0xd0..=0xfe);
    match (before, prefix) {
        (_, 0x48 | 0x4c) => matches!(code, 0x8d | 0x8b | 0x63 | 0x3b | 0x03), // lea, mov, movsxd, cmp, add of 64 bits
        (_, 0x0f) => of_vectors || matches!(code, 0xb6 | 0xb7 | 0xbe | 0xbf),
        (0xc5, _) => of_vectors,
        _ => code == 0xff && matches!(mod_rm, 0x15 | 0x25), // call and jmp by a table of addresses
    }
}

/// The pages that registers hold are followed from one instruction to the next, whatever jumps there are between: hoisted
/// out of a loop, a page is used far from where it is made.
fn pages(bytes: &[u8], address: u64, found: &mut impl FnMut(Mention)) {
    let mut pages = [None; 32];
    for (at, word) in (0_u64..).step_by(4).zip(bytes.chunks_exact(4)) {
        let [a, b, c, d] = *word else { continue };
        let (word, from) = (u32::from_le_bytes([a, b, c, d]), address.wrapping_add(at));
        let register = |shift: u32| usize::try_from(word >> shift & 31).unwrap_or_default();
        if let Some((page, offset)) = pages[register(5)].zip(offset(word)) {
            let page: u64 = page;
            found(Mention { from, to: page.wrapping_add(offset) });
        }
        // 21 bits with a sign, of which the low two stand apart
        let raw = (word >> 5 & 0x7_ffff) << 2 | word >> 29 & 3;
        let distance = i64::from(raw.cast_signed() << 11 >> 11);
        if word & 0x9f00_0000 == 0x9000_0000 {
            pages[register(0)] = Some((from & !0xfff).wrapping_add_signed(distance << 12));
        } else if word & 0x9f00_0000 == 0x1000_0000 {
            // `adr`, which linkers put in the place of the two where it reaches
            found(Mention { from, to: from.wrapping_add_signed(distance) });
            pages[register(0)] = None;
        } else if word & 0xfc00_0000 == 0x9400_0000 || word & 0xffff_fc1f == 0xd63f_0000 {
            // what a call may change (AAPCS64, "General-purpose Registers")
            pages[..19].fill(None);
        } else if writes(word) {
            pages[register(0)] = None;
        }
    }
}

/// Whether the general register that the instruction names first gets another value (Arm ARM, C4.1): branches and stores
/// change none, and what is about vectors changes theirs.
fn writes(word: u32) -> bool {
    let (is_memory, is_vectors) = (word & 0x0a00_0000 == 0x0800_0000, word & 0x0400_0000 != 0);
    match word >> 25 & 0xf {
        0b1010 | 0b1011 => false,
        _ if is_memory => word & 0x0040_0000 != 0 && !is_vectors,
        0b0111 | 0b1111 => false,
        _ => true,
    }
}

/// What the instruction adds to the register that it names second, if that makes an address.
fn offset(word: u32) -> Option<u64> {
    let immediate = u64::from(word >> 10 & 0xfff);
    if word & 0xffc0_0000 == 0x9100_0000 {
        return Some(immediate); // add, 64 bits, not shifted
    }
    // loads and stores with an unsigned offset count in their own size; those of 128 bits say 0 and opc 1x
    if word & 0x3b00_0000 == 0x3900_0000 {
        let wide = word & 0x0480_0000 == 0x0480_0000 && word >> 30 == 0;
        return Some(immediate << if wide { 4 } else { word >> 30 });
    }
    // of pairs: seven bits with a sign, that count in the size of one register
    if word & 0x3b80_0000 == 0x2900_0000 {
        let scale = if word & 0x0400_0000 == 0 { 2 + (word >> 31) } else { 2 + (word >> 30) };
        let count = i64::from((word >> 15 & 0x7f).cast_signed() << 25 >> 25);
        return Some((count << scale).cast_unsigned());
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(machine: u16, bytes: &[u8], address: u64) -> Vec<(u64, u64)> {
        let mut all = Vec::new();
        mentions(machine, bytes, address, &mut |mention| all.push((mention.from, mention.to)));
        all
    }

    #[test]
    fn an_address_counts_from_the_next_instruction() {
        // nop; lea rdi, [rip + 0x100]; lea rsi, [rip - 7]; ret; and bytes that only look like a mention
        let code = [
            0x90, 0x48, 0x8d, 0x3d, 0, 1, 0, 0, 0x48, 0x8d, 0x35, 0xf9, 0xff, 0xff, 0xff, 0xc3, 0x00, 0x05,
            0, 0, 0, 0,
        ];
        let all = found(X86_64, &code, 0x1000);
        assert_eq!(all, [(0x1003, 0x1108), (0x100a, 0x1008)], "{all:x?}");
    }

    #[test]
    fn an_address_is_a_page_and_the_rest() {
        // adrp x0, +0x2000; add x0, x0, #0x123; ldr x1, [x0, #8] of another page: adrp x2, -0x1000; ldrb w3, [x2, #5]
        let code: Vec<u8> = [0xd000_0000_u32, 0x9104_8c00, 0xf0ff_ffe2, 0x3940_1443]
            .iter()
            .flat_map(|word| word.to_le_bytes())
            .collect();
        let all = found(AARCH64, &code, 0x10000);
        assert!(all.contains(&(0x10004, 0x12123)), "{all:x?}");
        assert!(all.contains(&(0x1000c, 0xf005)), "{all:x?}");
    }

    #[test]
    fn a_page_is_forgotten_with_its_register_and_not_with_a_jump() {
        let code = |words: &[u32]| words.iter().flat_map(|word| word.to_le_bytes()).collect::<Vec<u8>>();
        // adrp x0, +0x2000; b +8; add x1, x0, #0x123
        let jumps = code(&[0xd000_0000, 0x1400_0002, 0x9104_8c01]);
        assert_eq!(found(AARCH64, &jumps, 0x10000), [(0x10008, 0x12123)]);
        // adrp x0, +0x2000; mov x0, x1; add x1, x0, #0x123, and the same behind bl
        for between in [0xaa01_03e0, 0x9400_0002] {
            assert_eq!(found(AARCH64, &code(&[0xd000_0000, between, 0x9104_8c01]), 0x10000), []);
        }
        // adr x0, #16; adrp x0, +0x2000; ldp x2, x3, [x0, #-16]
        assert_eq!(found(AARCH64, &code(&[0x1000_0080]), 0x10000), [(0x10000, 0x10010)]);
        assert_eq!(found(AARCH64, &code(&[0xd000_0000, 0xa97f_0c02]), 0x10000), [(0x10004, 0x11ff0)]);
    }

    #[test]
    fn other_processors_mention_nothing() {
        assert_eq!(found(243, &[5; 64], 0), []);
    }
}
