//! A reader of UBJSON, as far as XGBoost writes it (<https://ubjson.org>; numbers are big-endian).

use std::collections::BTreeMap;

use crate::ModelError;

/// A parsed value. Arrays with a declared element type become vectors of that type.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    Null,
    Bool(bool),
    Integer(i64),
    Float(f64),
    Text(String),
    Array(Vec<Value>),
    Integers(Vec<i64>),
    Floats(Vec<f32>),
    Object(BTreeMap<String, Value>),
}

/// Nesting beyond this is refused: XGBoost's models have 7 levels.
const DEEPEST: usize = 32;

/// Reads one value; bytes after it are refused.
pub(crate) fn parse(bytes: &[u8]) -> Result<Value, ModelError> {
    let mut reader = Reader { bytes, at: 0 };
    let marker = reader.byte()?;
    let value = reader.value(marker, 0)?;
    if reader.at != bytes.len() {
        return Err(reader.fault("bytes after the end"));
    }
    Ok(value)
}

impl Value {
    /// A member of an object.
    pub(crate) fn get(&self, name: &str) -> Result<&Value, ModelError> {
        let found = if let Self::Object(members) = self { members.get(name) } else { None };
        found.ok_or_else(|| ModelError::Corrupt(format!("XGBoost's model has no {name:?}")))
    }
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    fn fault(&self, what: &str) -> ModelError {
        ModelError::Corrupt(format!("UBJSON: {what} at byte {}", self.at))
    }

    fn take(&mut self, count: usize) -> Result<&'a [u8], ModelError> {
        let end = self.at.checked_add(count).filter(|&end| end <= self.bytes.len());
        let end = end.ok_or_else(|| self.fault("the end is missing"))?;
        let taken = &self.bytes[self.at..end];
        self.at = end;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], ModelError> {
        let taken = self.take(N)?;
        taken.try_into().map_err(|_| self.fault("the end is missing"))
    }

    fn byte(&mut self) -> Result<u8, ModelError> {
        Ok(self.array::<1>()?[0])
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn integer(&mut self, marker: u8) -> Result<i64, ModelError> {
        Ok(match marker {
            b'i' => i8::from_be_bytes(self.array()?).into(),
            b'U' => self.byte()?.into(),
            b'I' => i16::from_be_bytes(self.array()?).into(),
            b'l' => i32::from_be_bytes(self.array()?).into(),
            b'L' => i64::from_be_bytes(self.array()?),
            _ => return Err(self.fault("no integer")),
        })
    }

    fn length(&mut self) -> Result<usize, ModelError> {
        let marker = self.byte()?;
        let length = self.integer(marker)?;
        usize::try_from(length).map_err(|_| self.fault("negative length"))
    }

    fn text(&mut self) -> Result<String, ModelError> {
        let length = self.length()?;
        let taken = self.take(length)?;
        String::from_utf8(taken.to_vec()).map_err(|_| self.fault("text is not UTF-8"))
    }

    fn value(&mut self, marker: u8, depth: usize) -> Result<Value, ModelError> {
        if depth > DEEPEST {
            return Err(self.fault("nested too deeply"));
        }
        Ok(match marker {
            b'Z' | b'N' => Value::Null,
            b'T' => Value::Bool(true),
            b'F' => Value::Bool(false),
            b'i' | b'U' | b'I' | b'l' | b'L' => Value::Integer(self.integer(marker)?),
            b'd' => Value::Float(f32::from_be_bytes(self.array()?).into()),
            b'D' => Value::Float(f64::from_be_bytes(self.array()?)),
            b'S' | b'H' => Value::Text(self.text()?),
            b'[' => self.list(depth)?,
            b'{' => self.object(depth)?,
            _ => return Err(self.fault("unknown marker")),
        })
    }

    fn list(&mut self, depth: usize) -> Result<Value, ModelError> {
        if self.peek() == Some(b'$') {
            self.at += 1;
            let element = self.byte()?;
            if self.byte()? != b'#' {
                return Err(self.fault("typed array without a length"));
            }
            let count = self.length()?;
            return self.typed(element, count);
        }
        let mut values = Vec::new();
        if self.peek() == Some(b'#') {
            self.at += 1;
            for _ in 0..self.length()? {
                let marker = self.byte()?;
                values.push(self.value(marker, depth + 1)?);
            }
            return Ok(Value::Array(values));
        }
        loop {
            match self.byte()? {
                b']' => return Ok(Value::Array(values)),
                marker => values.push(self.value(marker, depth + 1)?),
            }
        }
    }

    /// The elements of a typed array; reserving nothing that the remaining bytes cannot fill.
    fn typed(&mut self, element: u8, count: usize) -> Result<Value, ModelError> {
        let width = match element {
            b'i' | b'U' => 1,
            b'I' => 2,
            b'l' | b'd' => 4,
            b'L' | b'D' => 8,
            _ => return Err(self.fault("unknown element type")),
        };
        let bytes = count.checked_mul(width).ok_or_else(|| self.fault("array too long"))?;
        let mut inner = Reader { bytes: self.take(bytes)?, at: 0 };
        match element {
            b'd' => {
                (0..count).map(|_| Ok(f32::from_be_bytes(inner.array()?))).collect::<Result<_, _>>().map(Value::Floats)
            }
            b'D' => (0..count)
                .map(|_| Ok(f64::from_be_bytes(inner.array()?) as f32))
                .collect::<Result<_, _>>()
                .map(Value::Floats),
            _ => (0..count).map(|_| inner.integer(element)).collect::<Result<_, _>>().map(Value::Integers),
        }
    }

    fn object(&mut self, depth: usize) -> Result<Value, ModelError> {
        let mut members = BTreeMap::new();
        loop {
            let marker = self.byte()?;
            if marker == b'}' {
                return Ok(Value::Object(members));
            }
            let length = usize::try_from(self.integer(marker)?).map_err(|_| self.fault("negative length"))?;
            let name = self.take(length)?;
            let name = String::from_utf8(name.to_vec()).map_err(|_| self.fault("name is not UTF-8"))?;
            let marker = self.byte()?;
            members.insert(name, self.value(marker, depth + 1)?);
        }
    }
}
